import { EnumRef, InputObjectRef, InterfaceRef, ObjectRef, UnionRef } from '@pothos/core';
import type { Builder } from './builder.ts';

/** Signatures are those of the builder. */
export interface Declarations {
  readonly enumType: Builder['enumType'];
  readonly inputType: Builder['inputType'];
  readonly unionType: Builder['unionType'];
  readonly objectRef: Builder['objectRef'];
  readonly interfaceRef: Builder['interfaceRef'];
  /** Declares by a stand-in what each builder makes for itself. */
  declare<Ref extends object>(standIn: Ref, make: (builder: Builder) => unknown): Ref;
  /** Adds all of them, once a builder: files that share types may each ask for it. */
  addTo(builder: Builder): void;
}

type Implement = { implement(options: never): unknown };

/** What each builder made for a stand-in. */
const made = new WeakMap<Builder, Map<object, Implement>>();

/** What a builder made for what was only named at the top of a file, so that its fields can be said. */
export function madeIn<Ref extends object>(builder: Builder, ref: Ref): Ref {
  const found = made.get(builder)?.get(ref);
  if (found === undefined) throw new Error('Add the declarations to the builder first');
  return found as unknown as Ref;
}

/**
 * Types that a file declares at its top so that others can name them. Nothing is registered before `addTo`, so that a process
 * can build more than one schema.
 */
export function declarations(): Declarations {
  const pending: ((builder: Builder) => void)[] = [];
  const done = new WeakSet<Builder>();

  function declare<Ref extends object>(standIn: Ref, make: (builder: Builder) => unknown): Ref {
    pending.push((builder) => {
      const ref = make(builder);
      const all = made.get(builder) ?? new Map<object, Implement>();
      made.set(builder, all.set(standIn, ref as Implement));
      builder.configStore.associateParamWithRef(standIn as never, ref as never);
    });
    return standIn;
  }

  /** What has fields of its own is named by one call and implemented by a second, here or in a builder. */
  function declareRef<Ref extends object>(standIn: Ref, make: (builder: Builder) => unknown): Ref {
    const implement = (options: never) => {
      pending.push((builder) => void (madeIn(builder, standIn) as unknown as Implement).implement(options));
      return standIn;
    };
    return declare(Object.assign(standIn, { implement }), make);
  }

  return {
    declare,
    enumType: ((name: string, options: never) =>
      declare(new EnumRef(name), (builder) => builder.enumType(name, options))) as Builder['enumType'],
    inputType: ((name: string, options: never) =>
      declare(new InputObjectRef(name), (builder) => builder.inputType(name, options))) as Builder['inputType'],
    unionType: ((name: string, options: never) =>
      declare(new UnionRef(name), (builder) => builder.unionType(name, options))) as Builder['unionType'],
    objectRef: ((name: string) =>
      declareRef(new ObjectRef(name), (builder) => builder.objectRef(name))) as unknown as Builder['objectRef'],
    interfaceRef: ((name: string) =>
      declareRef(new InterfaceRef(name), (builder) =>
        builder.interfaceRef(name),
      )) as unknown as Builder['interfaceRef'],
    addTo(builder) {
      if (done.has(builder)) return;
      done.add(builder);
      for (const add of pending) add(builder);
    },
  };
}
