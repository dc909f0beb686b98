/** An account with companions, made ready to be verified by us. */
import { systemRandom as random } from 'polyratchet';
import {
  encodeSignedDeviceIdentity,
  mergeDeviceList,
  signAccount,
  signDevice,
  signKeyIndexList,
  type ClaimedDevice,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';

const NOW = 1_000_000;
const RAW_ID = 4711;

/** Signs for so many companions; the function verifies the list and all of them anew. */
export function deviceListOf(companions: number): () => void {
  const identity = generateIdentity(random);
  const primaryIdentity = identity.publicKey;
  const indexes = Array.from({ length: companions }, (_, i) => i + 1);
  const devices = indexes.map((keyIndex): ClaimedDevice => {
    const companion = generateIdentity(random);
    const companionIdentity = companion.publicKey;
    const device = { rawId: RAW_ID, timestamp: NOW, keyIndex };
    const half = signAccount({ device, companionIdentity, identity, random });
    const signed = signDevice({ signed: half, identity: companion, primaryIdentity, random });
    const signedIdentity = encodeSignedDeviceIdentity(signed);
    return { device: keyIndex, keyIndex, identity: companionIdentity, signedIdentity };
  });
  const list = { rawId: RAW_ID, timestamp: NOW, currentIndex: companions, validIndexes: indexes };
  const answer = { devices, signedList: signKeyIndexList({ list, identity, random }) };
  return () => {
    const { added } = mergeDeviceList({ account: 'alice@bench', primaryIdentity, answer, now: NOW });
    if (added.length !== companions) throw new Error('all companions must be accepted');
  };
}
