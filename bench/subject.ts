/** What every implementation looks like to the bench. Operations are written once, against this. */
import type { Kind } from './row.js';

/** Some interfaces take and give text. */
export type Data = Uint8Array | string;

/** Most peers are asynchronous; who is not pays one turn of the microtask queue a call. */
export type Awaitable<Value> = Value | Promise<Value>;

/** An encrypted message as it travels. */
export interface Message<Bytes extends Data = Data> {
  /** `prekey`: it carries what the receiver needs to respond to a new session. */
  readonly type: 'prekey' | 'message';
  readonly bytes: Bytes;
}

/** One of the devices that get a message. */
export interface Recipient<Bundle = unknown> {
  readonly name: string;
  /** Where there is no session yet. */
  readonly bundle?: Bundle;
}

/**
 * A device with its store, a `Map` in memory. Every step includes the write of what it changed: of the live value,
 * unless the implementation's own interface insists on records.
 */
export interface Party<Bundle = unknown, Bytes extends Data = Data, Stored extends Data = Data> {
  readonly name: string;
  /** Makes and keeps one signed and one one-time prekey; returns what a server would hand out. */
  createBundle(): Awaitable<Bundle>;
  startSession(remote: string, bundle: Bundle): Awaitable<void>;
  encrypt(remote: string, plaintext: Bytes): Awaitable<Message<Bytes>>;
  /** Responds to a new session where the message is a prekey message. */
  decrypt(remote: string, message: Message<Bytes>): Awaitable<Bytes>;
  /** The session as it would be stored. */
  encodeSession(remote: string): Stored;
  /** Puts a stored session into the store under any name. */
  decodeSession(remote: string, record: Stored): void;
  /** For implementations that know fanout; others encrypt one by one. */
  readonly fanout?: FanoutParty<Bundle, Bytes>;
  /** Gives back memory that no garbage collector sees. */
  free?(): void;
}

/** A device's part in fanouts. */
export interface FanoutParty<Bundle = unknown, Bytes extends Data = Data> {
  encrypt(recipients: readonly Recipient<Bundle>[], plaintext: Bytes): Awaitable<readonly Message<Bytes>[]>;
  decrypt(remote: string, message: Message<Bytes>): Awaitable<Bytes>;
}

/** A device in a group: the key that it sends with, and those that others have given it. */
export interface GroupMember<Bytes extends Data = Data> {
  readonly name: string;
  /** Makes a new sender key; returns what others are given of it. */
  createKey(): Awaitable<Bytes>;
  accept(sender: string, distribution: Bytes): Awaitable<void>;
  encrypt(plaintext: Bytes): Awaitable<Bytes>;
  decrypt(sender: string, message: Bytes): Awaitable<Bytes>;
}

/** What a device of a large group gets: the key in a message of its session, and then a message under that key. */
export interface GroupMail<Bytes extends Data = Data> {
  readonly key: Message<Bytes>;
  readonly message: Bytes;
}

/** A device that sends to a large group. It has sessions with all the others. */
export interface GroupSender<Bytes extends Data = Data> {
  /** Makes a new sender key, encrypts it for every device, and then the message; returns what the first device gets. */
  distribute(plaintext: Bytes): Awaitable<GroupMail<Bytes>>;
  /** The first device takes the key. */
  accept(key: Message<Bytes>): Awaitable<void>;
  /** The first device reads a message under it. */
  read(message: Bytes): Awaitable<Bytes>;
  /** Encrypts another message, if it looks first whether everybody still has the key. */
  send?(plaintext: Bytes): Awaitable<Bytes>;
}

/** A device as an application uses it, over a store: by a client, or by the pure steps that a client is made of. */
export interface Device<Envelope = unknown> {
  /** Sends 100 bytes to an account of five devices, and copies to the four others of its own. */
  send(): Promise<void>;
  receive(envelopes: readonly Envelope[]): Promise<void>;
  /** The application has handled what was received. */
  acknowledge(): Promise<void>;
}

/** The same device twice, each on a store of its own. */
export interface Devices<Envelope = unknown> {
  readonly client: Device<Envelope>;
  readonly pure: Device<Envelope>;
  /** So many new messages of 100 bytes from the other account's phone. */
  readonly incoming: (count: number) => readonly Envelope[];
}

/** A send, in the parts that are timed. */
export interface Send {
  /** Devices that get the message. */
  readonly devices: number;
  /** Encrypts what is at hand for devices that are known. */
  readonly batch: () => void;
  /** Plans, writes the content, encrypts, makes envelopes. */
  readonly whole: () => void;
  /** Plans again, with nothing changed. */
  readonly plan: () => void;
}

/** An implementation. */
export interface Subject<Bundle = unknown, Bytes extends Data = Data, Stored extends Data = Data> {
  /** Name and version. */
  readonly name: string;
  readonly kind: Kind;
  createParty(name: string): Awaitable<Party<Bundle, Bytes, Stored>>;
  /** A plaintext in the form that `encrypt` takes; the conversion is not timed. */
  plaintext(bytes: Uint8Array): Bytes;
  /** Prepares two people with so many devices each, if it knows such codes; the function works out the 60 digits. */
  securityCode?(devices: number): (() => string) | undefined;
  /** A device with sender keys, if it knows such. */
  readonly createMember?: (name: string) => GroupMember<Bytes>;
  /** Prepares an account with so many companions, if it verifies device lists; the function does that, from the start. */
  deviceList?(companions: number): () => void;
  /** Prepares sends from an account of five devices to so many accounts of five, if it plans them. */
  sendTo?(accounts: number): Send;
  /** Prepares a phone in a group of so many people with so many devices each, if it plans who gets a key. */
  createGroupSender?(people: number, devicesEach: number): GroupSender<Bytes>;
  /** Prepares a phone with four companions that a client runs, if it has such. */
  readonly createDevices?: () => Promise<Devices>;
  /** Its interface stores records, so each step includes coding them and there is no such step to time. */
  readonly storesRecords?: boolean;
}
