import { type FieldMap, type ImplementableObjectRef, type ObjectFieldBuilder, ObjectRef } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Builder, Types } from './builder.ts';
import type { Context } from './context.ts';
import { type Declarations, madeIn } from './declarations.ts';
import { declareNode } from './ids.ts';

type LookUp<T> = (ids: readonly string[], context: Context) => Promise<(T | Error)[]>;

interface NodeOptions<T> {
  readonly id: { readonly resolve: (node: T) => string };
  readonly load: LookUp<T>;
}

const lookUps = new Map<string, LookUp<unknown>>();

/** How the nodes of a type are found by the keys in their ids, in the eyes of whoever asks. */
export function lookUpOf(name: string): LookUp<unknown> {
  const found = lookUps.get(name);
  if (!found) throw new Error(`${name} is no node`);
  return found;
}

export type NodeRef<T> = ObjectRef<Types, T, T>;

/** Names an object with a global id, and says how many are loaded at once, by the DataLoader of the request. Its fields are for `implementNode`. */
export function nodeRef<T extends object>(types: Declarations, name: string, options: NodeOptions<T>): NodeRef<T> {
  const standIn = new ObjectRef<Types, T, T>(name);
  declareNode(name);
  lookUps.set(name, options.load);
  const loaderOf = (context: Context): DataLoader<string, T> =>
    context.memo.of(options, () => new DataLoader((ids: readonly string[]) => options.load(ids, context)));
  const { id } = options;
  const loadManyWithoutCache = (ids: string[], context: Context) => loaderOf(context).loadMany(ids);
  return types.declare(standIn, (builder) => builder.nodeRef(name, { id, loadManyWithoutCache } as never));
}

interface NodeTypeOptions<T> {
  readonly description: string;
  readonly fields: (t: ObjectFieldBuilder<Types, T>) => FieldMap;
}

/** Says what a node holds; once in a builder. */
export function implementNode<T>(builder: Builder, ref: NodeRef<T>, options: NodeTypeOptions<T>): void {
  (madeIn(builder, ref) as unknown as ImplementableObjectRef<Types, T>).implement(options as never);
}

/** Loads what can be seen; everything else is an error that `node` turns into null. */
export function byId<T>(load: (id: string, context: Context) => Promise<T>) {
  return (ids: readonly string[], context: Context) =>
    Promise.all(ids.map((id) => load(id, context).catch((error: unknown) => error as Error)));
}
