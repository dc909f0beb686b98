/** The recorded files, imported one by one so that browsers have them too. */
import session023They from '../../test-vectors/session-libsignal-client-0.23.1-they-initiate.json' with { type: 'json' };
import session023We from '../../test-vectors/session-libsignal-client-0.23.1-we-initiate.json' with { type: 'json' };
import session072They from '../../test-vectors/session-libsignal-client-0.72.1-they-initiate.json' with { type: 'json' };
import session072We from '../../test-vectors/session-libsignal-client-0.72.1-we-initiate.json' with { type: 'json' };
import linkingBaileys from '../../test-vectors/linking-baileys-7.0.0-rc14.json' with { type: 'json' };
import securityCode0103 from '../../test-vectors/securitycode-libsignal-client-0.103.0.json' with { type: 'json' };
import securityCode023 from '../../test-vectors/securitycode-libsignal-client-0.23.1.json' with { type: 'json' };
import senderKeyBaileys from '../../test-vectors/senderkey-baileys-7.0.0-rc14.json' with { type: 'json' };
import senderKey0103 from '../../test-vectors/senderkey-libsignal-client-0.103.0.json' with { type: 'json' };
import senderKey023 from '../../test-vectors/senderkey-libsignal-client-0.23.1.json' with { type: 'json' };
import senderKeyBridge from '../../test-vectors/senderkey-whatsapp-rust-bridge-0.5.5.json' with { type: 'json' };
import sessionNodeThey from '../../test-vectors/session-libsignal-6.0.0-they-initiate.json' with { type: 'json' };
import sessionNodeWe from '../../test-vectors/session-libsignal-6.0.0-we-initiate.json' with { type: 'json' };
import xeddsa023 from '../../test-vectors/xeddsa-libsignal-client-0.23.1.json' with { type: 'json' };
import xeddsa072 from '../../test-vectors/xeddsa-libsignal-client-0.72.1.json' with { type: 'json' };
import type { LinkingFile, SecurityCodeFile, SenderKeyFile, SessionFile, SignatureFile } from './schema.js';

// The types of imported JSON lack its literals; the recorder writes these types.
export const sessionFiles = [
  session023They,
  session023We,
  session072They,
  session072We,
  sessionNodeThey,
  sessionNodeWe,
] as readonly unknown[] as readonly SessionFile[];

export const signatureFiles = [xeddsa023, xeddsa072] as readonly unknown[] as readonly SignatureFile[];

export const securityCodeFiles = [
  securityCode023,
  securityCode0103,
] as readonly unknown[] as readonly SecurityCodeFile[];

export const linkingFiles = [linkingBaileys] as readonly unknown[] as readonly LinkingFile[];

export const senderKeyFiles = [
  senderKey023,
  senderKey0103,
  senderKeyBaileys,
  senderKeyBridge,
] as readonly unknown[] as readonly SenderKeyFile[];
