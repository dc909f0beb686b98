import { systemClock } from 'polyratchet';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

describe('the clock of the system', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000 }));
  afterEach(() => vi.useRealTimers());

  test('tells milliseconds since 1970', () => {
    expect(systemClock.now()).toBe(1_000);
    vi.advanceTimersByTime(25);
    expect(systemClock.now()).toBe(1_025);
  });

  test('calls back once, after the time', () => {
    const callback = vi.fn();
    systemClock.after(100, callback);
    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledOnce();
  });

  test('does not call back after it was cancelled, and cancelling again is harmless', () => {
    const callback = vi.fn();
    const cancel = systemClock.after(100, callback);
    cancel();
    vi.advanceTimersByTime(1_000);
    cancel();
    expect(callback).not.toHaveBeenCalled();
  });
});
