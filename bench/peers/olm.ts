/**
 * `@matrix-org/olm`: C compiled to WebAssembly. Its handshake has no signed prekey and checks no signature, and its
 * interface is text in and out.
 */
import { createRequire } from 'node:module';
import type * as declarations from '@matrix-org/olm';
import type { Message, Party, Subject } from '../subject.js';
import { found, versionOf } from './package.js';

type Olm = typeof declarations;

interface Bundle {
  readonly identityKey: string;
  readonly oneTimeKey: string;
}

type OlmParty = Party<Bundle, string, string>;

/** What stored sessions are encrypted with. */
const PICKLE_KEY = 'k';

/** Wire types in this implementation's interface. */
const PREKEY = 0;
const MESSAGE = 1;

export async function olm(): Promise<Subject<Bundle, string, string>> {
  const library = createRequire(import.meta.url)('@matrix-org/olm') as Olm;
  await library.init();
  return {
    name: `@matrix-org/olm ${versionOf('@matrix-org/olm')}`,
    kind: 'wasm',
    plaintext: (bytes) => Buffer.from(bytes).toString('latin1'),
    createParty: (name) => createParty(library, name),
  };
}

function createParty(library: Olm, name: string): OlmParty {
  const account = new library.Account();
  account.create();
  const { curve25519: identityKey } = JSON.parse(account.identity_keys()) as { readonly curve25519: string };
  const sessions = new Map<string, declarations.Session>();
  const store = (remote: string, session: declarations.Session): void => {
    sessions.get(remote)?.free();
    sessions.set(remote, session);
  };

  return {
    name,
    createBundle() {
      account.generate_one_time_keys(1);
      const keys = JSON.parse(account.one_time_keys()) as { readonly curve25519: Record<string, string> };
      account.mark_keys_as_published();
      return { identityKey, oneTimeKey: found('one-time key', Object.values(keys.curve25519)[0]) };
    },
    startSession(remote, bundle) {
      const session = new library.Session();
      session.create_outbound(account, bundle.identityKey, bundle.oneTimeKey);
      store(remote, session);
    },
    encrypt(remote, plaintext): Message<string> {
      const { type, body } = found('session', sessions.get(remote)).encrypt(plaintext);
      return { type: type === PREKEY ? 'prekey' : 'message', bytes: body };
    },
    decrypt(remote, { type, bytes }) {
      const known = sessions.get(remote);
      if (type === 'message') return found('session', known).decrypt(MESSAGE, bytes);
      if (known?.matches_inbound(bytes) === true) return known.decrypt(PREKEY, bytes);
      const session = new library.Session();
      session.create_inbound(account, bytes);
      account.remove_one_time_keys(session);
      store(remote, session);
      return session.decrypt(PREKEY, bytes);
    },
    encodeSession: (remote) => found('session', sessions.get(remote)).pickle(PICKLE_KEY),
    decodeSession(remote, record) {
      const session = new library.Session();
      session.unpickle(PICKLE_KEY, record);
      store(remote, session);
    },
    free() {
      for (const session of sessions.values()) session.free();
      account.free();
    },
  };
}
