// What our server answers (connector/adapters/hubspot/card.py). Every word that a reader sees of a lead comes from it.

export type Tone = 'good' | 'plain' | 'warn' | 'bad' | 'quiet';

export interface Words {
  text: string;
  tone: Tone;
}

export interface Target {
  label: string;
  url: string;
}

export interface Score {
  value: number | null;
  says: string;
}

export interface Attempt {
  what: string;
  when: string;
  who: string;
  result: string;
}

export interface Details {
  clock: Words;
  nextStep: string;
  attempts: Attempt[];
  noAttempts: string;
  warnings: string[];
  page: Target;
}

export interface Lead {
  quality: Score;
  handling: Score;
  verdict: Words;
  status: Words;
  /** Findings that somebody contests, and those that were set aside. */
  contests: Words[];
  limited: string;
  details: Details | null;
}

export interface Labels {
  quality: string;
  handling: string;
  verdict: string;
  status: string;
  clock: string;
  nextStep: string;
  attempts: string;
  warnings: string;
  contests: string;
}

export interface Shown {
  labels: Labels;
  leads: Lead[];
  empty: string;
  settings: Target | null;
}

export interface Notice {
  title: string;
  text: string;
  action: Target | null;
}

export type Answer = { kind: 'shown'; shown: Shown } | { kind: 'notice'; notice: Notice };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The answer as we know it, or null: a proxy's error page must not be drawn as a card. */
export function readAnswer(value: unknown): Answer | null {
  if (!isObject(value)) {
    return null;
  }
  if (isObject(value.notice) && typeof value.notice.title === 'string' && typeof value.notice.text === 'string') {
    return { kind: 'notice', notice: value.notice as unknown as Notice };
  }
  if (isObject(value.labels) && Array.isArray(value.leads) && typeof value.empty === 'string') {
    return { kind: 'shown', shown: value as unknown as Shown };
  }
  return null;
}
