/**
 * States that belong to one device, each with the messages that it is about.
 *
 * @module
 */
import { parseAddress, type Address } from '../../core/address.js';
import { inputObject } from '../../core/check.js';
import { invalidArgument } from '../../core/refusals.js';

/** What is known of the messages of one device. */
export interface DeviceState<Message> {
  readonly device: Address;
  readonly messages: readonly Message[];
}

/**
 * The state of a device, or an empty one; the state of another device is a mistake that would hide a storm.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputDeviceState<State extends DeviceState<unknown>>(
  name: string,
  device: Address,
  state: State | undefined,
  empty: State,
): State {
  parseAddress(device);
  if (state === undefined) return empty;
  if (inputObject(name, state).device === device && Array.isArray(state.messages)) return state;
  throw invalidArgument(name, 'the state of the device', 'something else');
}

/** The messages with one more, or with a new state of one. */
export function withMessage<Message>(
  messages: readonly Message[],
  before: Message | undefined,
  after: Message,
): readonly Message[] {
  if (before === undefined) return [...messages, after];
  return messages.map((message) => (message === before ? after : message));
}
