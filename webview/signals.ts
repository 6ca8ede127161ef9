import type { FromPanel } from './contract.ts';
import type { Kept } from './kept.ts';
import type { Cell } from '../core/report/map-cell.ts';
import type { ColourScale } from '../core/report/picture/colour-scale.ts';
import type { Frame } from './map/frame.ts';

/** What the parts of the panel tell its root; they know neither each other nor the host. */
export interface Signals {
  /** A box of the graph: walked to, opened by a click, entered with the keyboard, or its line of code asked for. */
  readonly 'choose-node': { readonly node: number; readonly how: 'move' | 'open' | 'enter' | 'reveal' };
  /** The cell under the pointer or the crosshair; undefined when there is none. */
  readonly 'look-at-cell': Cell | undefined;
  readonly 'pin-cell': Cell;
  /** What its colours mean now. */
  readonly 'map-drawn': ColourScale;
  /** The part of the plane that is wanted on screen. */
  readonly 'change-view': Frame['view'];
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
