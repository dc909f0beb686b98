/** The server tells every lie that it knows, each to devices that have not been lied to before. */
import type { Lied } from './events.js';
import { ABOUT_DEVICES } from './lies/aboutDevices.js';
import { ABOUT_KEYS } from './lies/aboutKeys.js';
import { ABOUT_LINKS } from './lies/aboutLinks.js';
import { ABOUT_MAIL } from './lies/aboutMail.js';
import { inNewWorld, type Trial } from './lies/world.js';
import type { Stage } from './stage.js';

/** By what they are about. Each is a record of all kinds: one that is missing does not compile. */
const SCENES = {
  'about devices, and whose they are': ABOUT_DEVICES,
  'about keys': ABOUT_KEYS,
  'about messages': ABOUT_MAIL,
  'about time and links': ABOUT_LINKS,
};

/** Tells them, one after the other. */
export async function tellLies({ scene, tell }: Pick<Stage, 'scene' | 'tell'>): Promise<void> {
  for (const [about, trials] of Object.entries(SCENES)) {
    scene(`The server lies ${about}`);
    for (const trial of Object.values(trials).flat()) tell({ kind: 'lied', ...(await tried(trial)) });
  }
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
