/** Exchanges by code that were recorded with another implementation; each stretches a code twice. */
import { acceptCodeLink, answerCodeLink } from 'polyratchet/devices';
import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/core/secret.js';
import { expectError } from '../support/errors.js';
import { draw, fromHex, replayIdentity, toHex } from '../vectors/replay.js';
import { linkingFiles } from '../vectors/files.js';

describe.each(linkingFiles)('$source', ({ codes }) => {
  test.each(codes)('$name: the same answer, byte for byte, and the same secret or none', (recorded) => {
    const identity = replayIdentity({ seed: recorded.seed });
    const hello = { wrappedEphemeral: fromHex(recorded.wrappedEphemeral), ref: 'ref' };
    const answered = draw(recorded.random, (random) =>
      answerCodeLink({ identity, code: recorded.typed, hello, random, now: 0 }),
    );
    expect(toHex(answered.hello.wrappedEphemeral)).toBe(recorded.answer);

    const bundle = fromHex(recorded.bundle);
    const finish = { bundle, companionIdentity: fromHex(recorded.companionIdentity), ref: 'ref' };
    const accept = () => acceptCodeLink({ link: answered.link, identity, finish, now: 0 });
    if (recorded.linkingSecret === undefined) {
      expect(expectError('link-mismatch', accept).data.why).toBe('code');
    } else {
      expect(toHex(reveal(accept().request.linkingSecret))).toBe(recorded.linkingSecret);
    }
  });
});
