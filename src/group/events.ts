/**
 * What a change of a group means to people: who came, went, or got another role, and through whom.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { subjectsOf, without, type GroupStep } from './change.js';
import type { Group } from './group.js';

/** Something to show to the person before the next message is encrypted for the group. */
export interface GroupEvent {
  /** What happened to the account. */
  readonly kind: 'added' | 'removed' | 'left' | 'promoted' | 'demoted';
  /** Address of the account. */
  readonly account: Address;
  /** Address of the account through which it happened. */
  readonly by: Address;
}

/** Two states, and what led from one to the other. */
export interface EventsBetweenOptions {
  readonly before: Group;
  readonly after: Group;
  /** The steps to the later state, as far as they are known. */
  readonly steps: readonly GroupStep[];
  /** Through whom everything else happened. */
  readonly by: Address;
}

/** What is different between two states; what came to nothing in between is left out. */
export function eventsBetween({ before, after, steps, by }: EventsBetweenOptions): readonly GroupEvent[] {
  const authors = new Map(steps.flatMap((step) => subjectsOf(step).map((account) => [account, step.author])));
  const event = (kind: GroupEvent['kind'], account: Address): GroupEvent => ({
    kind,
    account,
    by: authors.get(account) ?? by,
  });
  const went = (account: Address): GroupEvent =>
    event(authors.get(account) === account ? 'left' : 'removed', account);
  const gone = without(before.members, after.members);
  return [
    ...without(after.members, before.members).map((account) => event('added', account)),
    ...gone.map(went),
    ...without(after.admins, before.admins).map((account) => event('promoted', account)),
    ...without(without(before.admins, after.admins), gone).map((account) => event('demoted', account)),
  ];
}
