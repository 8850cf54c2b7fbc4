import { BREAK, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { CURSOR_MARK, type Words, wordsOf } from '../../streams/alike.ts';
import type { Item } from '../../streams/stream.ts';
import { isSaidByEvent } from '../types/alike.ts';
import type { Sharing } from '../types/sharing.ts';
import type { Operation } from './documents.ts';

/** Tells an item as it goes to the viewer of the context. `whole`: without errors. */
type Tell = (item: Item, context: object) => Promise<{ readonly latin1: string; readonly whole: boolean }>;
type SharedWording = NonNullable<Sharing['wording']>;

/** By operation: each who listens asks for the same document. null: it asks for more than what an event says by itself. */
const wordings = new WeakMap<Operation, SharedWording | null>();

/**
 * How events are put into words once for all who ask for the same of the like; null: each has to be told by itself. `tell` is that of
 * whoever comes first.
 */
export function wordingOf(operation: Operation, schema: GraphQLSchema, tell: Tell): SharedWording | null {
  const known = wordings.get(operation);
  if (known !== undefined) return known;
  const made = isSaidAlike(operation, schema) ? wording(tell) : null;
  wordings.set(operation, made);
  return made;
}

function wording(tell: Tell): SharedWording {
  const found = new WeakMap<object, Words | null>();
  const finding = new WeakMap<object, Promise<Words | null>>();

  async function find({ commit, event }: Parameters<SharedWording['find']>[0], context: object): Promise<Words | null> {
    const { latin1, whole } = await tell({ expired: false, cursor: CURSOR_MARK, commit, event }, context);
    const words = whole ? wordsOf(latin1) : null;
    found.set(event, words);
    return words;
  }

  return {
    known: (event) => found.get(event),
    find(of, context) {
      const underWay = finding.get(of.event);
      if (underWay) return underWay;
      const made = find(of, context).finally(() => finding.delete(of.event));
      finding.set(of.event, made);
      return made;
    },
  };
}

/** Whether nothing but the event decides what is told of it: no right, no argument, no variable, and nothing that is loaded. */
function isSaidAlike({ document }: Operation, schema: GraphQLSchema): boolean {
  const info = new TypeInfo(schema);
  let is = true;
  const refuse = (): typeof BREAK => {
    is = false;
    return BREAK;
  };
  visit(
    document,
    visitWithTypeInfo(info, {
      Directive: refuse,
      VariableDefinition: () => false,
      // Only of the subscription itself, where they say what is listened to.
      Argument: () => false,
      Field({ name }) {
        const field = info.getFieldDef();
        const isRoot = info.getParentType() === schema.getSubscriptionType();
        if (name.value === '__typename' || isRoot || (field && isSaidByEvent(field))) return undefined;
        return refuse();
      },
    }),
  );
  return is;
}
