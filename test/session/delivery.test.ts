/** What networks do to genuine messages: each decrypts exactly once, whatever its order and whatever lies between. */
import { encodeSession, type EncryptedMessage } from 'polyratchet/session';
import { describe, expect, inject, test } from 'vitest';
import { flipBit, sessionOf, withBytes } from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  pair,
  receive,
  send,
  start,
  towardsAnother,
  tryReceive,
  type Party,
} from '../support/party.js';
import { rejects } from '../support/rejects.js';

/** Of many orders of arrival, a sample must do in pure JavaScript. */
const STRIDE = inject('backend') === 'node' ? 1 : 7;

describe('a message of another session', () => {
  test('is a forgery in this one, and decrypts in its own', () => {
    const { alice, bob } = pair();
    const carol = createParty(9);
    const bobToCarol = towardsAnother(bob);
    start(carol, bundleOf(bob));
    receive(bobToCarol, send(carol, 'hello'));
    receive(carol, send(bobToCarol, 'hello back'));

    const ofCarol = send(carol, 'from Carol');
    const ofAlice = send(alice, 'from Alice');
    rejects(bob, ofCarol, 'bad-mac');
    rejects(bobToCarol, ofAlice, 'bad-mac');
    expect(receive(bobToCarol, ofCarol)).toBe('from Carol');
    expect(receive(bob, ofAlice)).toBe('from Alice');
  });

  test('has no session to decrypt with where there is none, or an empty one', () => {
    const { alice, bob } = pair();
    const message = send(alice, 'genuine');
    rejects(towardsAnother(bob), message, 'no-session');
    const empty = { localIdentity: bob.identity.publicKey, archived: [], acceptedRoots: [] };
    rejects({ ...bob, session: empty }, message, 'no-session');
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('a message that comes again', () => {
  test('is a duplicate, at once and ever after', () => {
    const { alice, bob } = pair();
    const message = send(alice, 'once');
    expect(receive(bob, message)).toBe('once');
    for (let turn = 0; turn < 3; turn++) {
      const error = rejects(bob, message, 'duplicate-message');
      expect(error.data).toMatchObject({ counter: 0 });
      receive(alice, send(bob, 'answer'));
      receive(bob, send(alice, 'answer to that'));
    }
  });

  test('is a duplicate after it was overtaken', () => {
    const { alice, bob } = pair();
    const [late, early] = [send(alice, 'late'), send(alice, 'early')];
    expect(receive(bob, early)).toBe('early');
    expect(receive(bob, late)).toBe('late');
    rejects(bob, late, 'duplicate-message');
    rejects(bob, early, 'duplicate-message');
  });

  test.each([[true], [false]])(
    'is a duplicate and no second session if it began one (with a one-time prekey: %s)',
    (withOneTimePreKey) => {
      const alice = createParty(1);
      const bob = createParty(2);
      start(alice, bundleOf(bob, withOneTimePreKey));
      const [first, second] = [send(alice, 'first'), send(alice, 'second')];
      expect(receive(bob, first)).toBe('first');
      rejects(bob, first, 'duplicate-message');
      expect(receive(bob, second)).toBe('second');
      rejects(bob, first, 'duplicate-message');
      rejects(bob, second, 'duplicate-message');
      expect(sessionOf(bob).archived).toEqual([]);
      expect(sessionOf(bob).acceptedRoots).toHaveLength(1);
    },
  );

  test('gives the same result on the same session value, and is a duplicate on the new one', () => {
    const { alice, bob } = pair();
    const message = send(alice, 'genuine');
    const before = encodeSession(sessionOf(bob));
    const once = tryReceive(bob, message);
    const again = tryReceive(bob, message);
    expect(again.plaintext).toEqual(once.plaintext);
    expect(again.session.current?.ratchet.receiving).toEqual(once.session.current?.ratchet.receiving);
    expect(encodeSession(sessionOf(bob))).toEqual(before);
    for (const { session } of [once, again]) rejects({ ...bob, session }, message, 'duplicate-message');
  });
});

describe('the order of messages', () => {
  test('inside a chain does not matter', () => {
    const { alice, bob } = pair();
    const sent = ['0', '1', '2', '3'].map((text) => [text, send(alice, text)] as const);
    for (const order of permutations(sent)) {
      const receiver = copyOf(bob);
      for (const [text, message] of order) expect(receive(receiver, message)).toBe(text);
      for (const [, message] of order) rejects(receiver, message, 'duplicate-message');
    }
  });

  test('of messages that begin a session does not matter', () => {
    const alice = createParty(1);
    const bob = createParty(2);
    start(alice, bundleOf(bob));
    const sent = ['0', '1', '2'].map((text) => [text, send(alice, text)] as const);
    for (const order of permutations(sent)) {
      const receiver = copyOf(bob);
      for (const [text, message] of order) expect(receive(receiver, message)).toBe(text);
      expect(sessionOf(receiver).archived).toEqual([]);
    }
  });

  test('across the five latest turns does not matter', () => {
    const { alice, bob } = pair();
    const late = [1, 2, 3, 4, 5].map((turn) => {
      const [held] = exchange(alice, bob, `turn ${turn}`);
      return [`turn ${turn}`, held] as const;
    });
    for (const order of permutations(late).filter((_, i) => i % STRIDE === 0)) {
      const receiver = copyOf(bob);
      for (const [text, message] of order) expect(receive(receiver, message)).toBe(text);
    }
  });

  test('may be that of the network, of prekey messages and ordinary ones together', () => {
    const alice = createParty(1);
    const bob = createParty(2);
    start(alice, bundleOf(bob));
    const first = send(alice, 'prekey 0');
    const second = send(alice, 'prekey 1');
    receive(bob, send(alice, 'prekey 2'));
    receive(alice, send(bob, 'answer'));
    const ordinary = send(alice, 'ordinary');
    expect(receive(bob, ordinary)).toBe('ordinary');
    expect(receive(bob, second)).toBe('prekey 1');
    expect(receive(bob, first)).toBe('prekey 0');
    for (const message of [first, second, ordinary]) rejects(bob, message, 'duplicate-message');
  });
});

describe('lost messages', () => {
  test('of any subset leave the rest readable', () => {
    const { alice, bob } = pair();
    const sent = ['0', '1', '2', '3', '4', '5'].map((text) => [text, send(alice, text)] as const);
    for (let lost = 0; lost < 1 << sent.length; lost += STRIDE) {
      const receiver = copyOf(bob);
      for (const [i, [text, message]] of sent.entries()) {
        if ((lost & (1 << i)) === 0) expect(receive(receiver, message)).toBe(text);
      }
    }
  });

  test('in one direction only leave the other as it was', () => {
    const { alice, bob } = pair();
    for (let i = 0; i < 20; i++) {
      expect(receive(bob, send(alice, `message ${i}`))).toBe(`message ${i}`);
      send(bob, 'an answer that is lost');
    }
    expect(receive(alice, send(bob, 'an answer that comes'))).toBe('an answer that comes');
    expect(receive(bob, send(alice, 'and one back'))).toBe('and one back');
  });

  test('may be whole turns', () => {
    const { alice, bob } = pair();
    for (let i = 0; i < 10; i++) {
      send(alice, 'lost');
      send(bob, 'lost');
      expect(receive(bob, send(alice, `${i}`))).toBe(`${i}`);
      send(bob, 'lost');
      expect(receive(alice, send(bob, `${i}`))).toBe(`${i}`);
    }
  });
});

test('forgeries between genuine messages, one before and one after each, cost none of them', () => {
  const { alice, bob } = pair();
  for (let i = 0; i < 20; i++) {
    const message = send(alice, `message ${i}`);
    const forged = withBytes(message, flipBit(message.bytes, 8 * message.bytes.length - 1 - i));
    rejects(bob, forged, 'bad-mac');
    expect(receive(bob, message)).toBe(`message ${i}`);
    rejects(bob, forged, 'duplicate-message');
    if (i % 3 === 0) receive(alice, send(bob, 'answer'));
  }
});

/** One turn each way; two of Alice's messages are held back, the first and the last of her chain. */
function exchange(alice: Party, bob: Party, text: string): [EncryptedMessage, EncryptedMessage] {
  const first = send(alice, text);
  receive(bob, send(alice, 'on time'));
  const last = send(alice, text);
  receive(alice, send(bob, 'answer'));
  return [first, last];
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}
