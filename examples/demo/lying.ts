/** The server tells every lie that it knows, each to devices that have not been lied to before. */
import type { Lie } from 'polyratchet/memory';
import type { Lied } from './events.js';
import { ABOUT_DEVICES } from './lies/aboutDevices.js';
import { ABOUT_KEYS } from './lies/aboutKeys.js';
import { ABOUT_LINKS } from './lies/aboutLinks.js';
import { ABOUT_MAIL } from './lies/aboutMail.js';
import { inNewWorld, type Trial } from './lies/world.js';
import type { Stage } from './stage.js';

/** All of them: a lie that is missing here does not compile. */
const TRIALS: { readonly [Kind in Lie['kind']]: readonly Trial[] } = {
  ...ABOUT_DEVICES,
  ...ABOUT_KEYS,
  ...ABOUT_MAIL,
  ...ABOUT_LINKS,
};

/** Tells them, one after the other. */
export async function tellLies({ scene, tell }: Pick<Stage, 'scene' | 'tell'>): Promise<void> {
  const trials = Object.values(TRIALS).flat();
  scene(`The server lies, in ${trials.length} ways; the devices know nothing but keys and signatures`);
  for (const trial of trials) tell({ kind: 'lied', ...(await tried(trial)) });
}

/** A trial that throws is a lie that was believed. */
export async function tried(trial: Trial): Promise<Lied> {
  const { lie } = trial;
  try {
    return { lie, answer: await inNewWorld(trial), isCaught: true };
  } catch (error) {
    return { lie, answer: error instanceof Error ? error.message : String(error), isCaught: false };
  }
}
