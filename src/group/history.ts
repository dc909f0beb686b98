/**
 * The history of a group: what it is now, by all changes that are known.
 *
 * Changes form a tree, for two admins may change one state at the same time. Which branch counts follows from the tree
 * alone, so devices that know the same changes agree on it, in whatever order they came:
 *
 *     base ── change ── change ── head
 *          └─ change ── change            a branch that lost
 *
 * Where a state has several children, the branch counts in which the longest-standing admin of that state has acted; of
 * equal branches, the one whose first state has the lower hash. So nobody can undo what a longer-standing admin did, however
 * many changes are made up and dated back; a hash alone could be searched for by who was removed.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { toHex } from '../core/bytes.js';
import { nextGroup, type GroupStep, type WhyInvalid } from './change.js';
import { groupHash, type Group } from './group.js';

/** A state in the tree. */
export interface HistoryNode {
  readonly group: Group;
  readonly hash: Uint8Array;
  /** The hash in hexadecimal. */
  readonly name: string;
  /** The steps that make it of its parent: the same, if two people do the same. Of the base there are none. */
  readonly steps: GroupStep[];
  readonly parent: HistoryNode | undefined;
  readonly children: HistoryNode[];
}

/** All that follows from a base and some steps. */
export interface GroupHistory {
  /** The state that counts. */
  readonly head: HistoryNode;
  /** All states by the names of their hashes. */
  readonly nodes: ReadonlyMap<string, HistoryNode>;
  /** Steps whose parents are not known. */
  readonly early: readonly GroupStep[];
  /** Steps that cannot be made of their parents. */
  readonly invalid: ReadonlyMap<GroupStep, WhyInvalid>;
}

/** Builds the tree of some steps, and decides which state counts. */
export function historyFrom(base: Group, steps: readonly GroupStep[]): GroupHistory {
  const root = nodeOf(base, undefined);
  const nodes = new Map([[root.name, root]]);
  const early: GroupStep[] = [];
  const invalid = new Map<GroupStep, WhyInvalid>();
  // A parent has a lower version than its children, so each finds its own in one pass.
  for (const step of [...steps].sort((a, b) => a.change.version - b.change.version)) {
    const parent = nodes.get(toHex(step.change.parent));
    if (parent?.group.version !== step.change.version - 1) {
      early.push(step);
      continue;
    }
    const next = nextGroup(parent.group, step);
    if (next.kind === 'invalid') {
      invalid.set(step, next.why);
      continue;
    }
    const made = nodeOf(next.group, parent);
    const node = nodes.get(made.name) ?? made;
    node.steps.push(step);
    if (node !== made) continue;
    nodes.set(made.name, made);
    parent.children.push(made);
  }
  return { head: headOf(root), nodes, early, invalid };
}

function nodeOf(group: Group, parent: HistoryNode | undefined): HistoryNode {
  const hash = groupHash(group);
  return { group, hash, name: toHex(hash), steps: [], parent, children: [] };
}

/** The states from the base to a state, both included. */
export function pathTo(node: HistoryNode): readonly HistoryNode[] {
  const path: HistoryNode[] = [];
  for (let at: HistoryNode | undefined = node; at !== undefined; at = at.parent) path.unshift(at);
  return path;
}

function headOf(root: HistoryNode): HistoryNode {
  let head = root;
  for (let next = winnerOf(head); next !== undefined; next = winnerOf(head)) head = next;
  return head;
}

/** The child whose branch counts. */
function winnerOf({ group, children }: HistoryNode): HistoryNode | undefined {
  if (children.length <= 1) return children[0];
  const places = new Map(group.admins.map((admin, place) => [admin, place]));
  const ranked = children.map((node) => ({ node, rank: rankOf(node, places) }));
  return ranked.reduce((one, other) => {
    if (one.rank !== other.rank) return one.rank < other.rank ? one : other;
    return one.node.name < other.node.name ? one : other;
  }).node;
}

/** The place of the longest-standing admin who has acted in a branch; who acts on a state has agreed to it. */
function rankOf(node: HistoryNode, places: ReadonlyMap<Address, number>): number {
  const own = node.steps.map(({ author }) => places.get(author) ?? Infinity);
  return Math.min(...own, ...node.children.map((child) => rankOf(child, places)));
}
