import type { FromPanel } from './contract.ts';
import type { Kept } from './kept.ts';

/** What the parts of the panel tell its root; they know neither each other nor the host. */
export interface Signals {
  /** To be sent to the host as it is. */
  readonly 'to-host': FromPanel;
  /** A change of what the panel remembers. */
  readonly keep: Partial<Kept>;
  /** Where the keyboard should be next. Not "focus": the browser's own event of that name reaches the panel too. */
  readonly 'send-focus': 'detail' | 'rows';
}

export function signal<K extends keyof Signals>(from: EventTarget, name: K, detail: Signals[K]): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

export function onSignal<K extends keyof Signals>(on: EventTarget, name: K, heard: (detail: Signals[K]) => void): void {
  on.addEventListener(name, (event) => heard((event as CustomEvent<Signals[K]>).detail));
}
