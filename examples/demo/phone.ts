/** A primary device: it links companions, and signs the list of its account's devices. */
import { parseAddress, systemRandom as random, type Address } from 'polyratchet';
import {
  approveLink,
  confirmCompanion,
  createOwnDevices,
  type ListSigner,
  type OwnDevices,
  type LinkRequest,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import type { MemoryServer } from 'polyratchet/memory';
import { Device } from './device.js';

/** A phone, with its account's device list. */
export class Phone extends Device {
  #own: OwnDevices | undefined;

  constructor(address: Address, server: MemoryServer) {
    const identity = generateIdentity(random);
    super({ address, identity, server, primaryIdentity: identity.publicKey });
  }

  /** Registers the account: keys, and a list with this phone alone. */
  async register(): Promise<void> {
    await this.publishKeys();
    const { devices } = createOwnDevices({ account: this.account, ...(await this.#signer()) });
    await this.#publish(devices);
  }

  /** Approves a companion, once the person has put a finger on the sensor. Nothing is published before it answers. */
  async approve(request: LinkRequest): Promise<{ container: Uint8Array; keyIndex: number }> {
    const { name, platform } = await this.connection.fetchLink(request.ref);
    const userConfirmed = { method: 'biometric', at: Date.now() } as const;
    const devices = this.#devices();
    const signer = await this.#signer();
    const approved = approveLink({ devices, request, userConfirmed, name, platform, ...signer });
    this.#own = approved.devices;
    return { container: approved.container, keyIndex: approved.companion.keyIndex };
  }

  /** Takes the companion's signature, and publishes the list. */
  async confirm(keyIndex: number, address: Address, signedIdentity: Uint8Array): Promise<void> {
    const { device } = parseAddress(address);
    await this.#publish(confirmCompanion({ devices: this.#devices(), keyIndex, device, signedIdentity }));
  }

  async #publish(devices: OwnDevices): Promise<void> {
    this.#own = devices;
    await this.connection.publishDeviceList({ signedList: devices.signedList });
  }

  async #signer(): Promise<ListSigner> {
    const serverTime = await this.connection.fetchTime();
    return { identity: this.identity, random, now: Date.now(), serverTime };
  }

  #devices(): OwnDevices {
    if (this.#own === undefined) throw new Error('the phone registers first');
    return this.#own;
  }
}
