/** `whatsapp-rust-bridge`: the cryptography of Baileys, compiled to WebAssembly. Here it signs. */
import { calculateSignature, generateKeyPair, verifySignature } from 'whatsapp-rust-bridge';
import { installedVersion, type Signer } from '../peer.js';

/** The implementation as it is installed. */
export function rustBridge(): Signer {
  return {
    name: 'whatsapp-rust-bridge',
    version: installedVersion('whatsapp-rust-bridge'),
    generateKeyPair() {
      const { privKey, pubKey } = generateKeyPair();
      return { privateKey: privKey, publicKey: pubKey };
    },
    sign: (privateKey, message) => calculateSignature(privateKey, message),
    verify(publicKey, message, signature) {
      try {
        return verifySignature(publicKey, message, signature);
      } catch {
        return false; // how it says that a signature has not 64 bytes
      }
    },
  };
}
