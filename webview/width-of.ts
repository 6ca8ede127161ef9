import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Tells an element how wide it is, so that a picture is drawn for the room there is instead of being shrunk into it. */
export class WidthOf implements ReactiveController {
  readonly #element: Element;
  readonly #sizes: ResizeObserver;

  constructor(element: ReactiveControllerHost & Element, told: (width: number) => void) {
    this.#element = element;
    let last = 0;
    this.#sizes = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== last) told((last = width));
    });
  }

  hostConnected(): void {
    this.#sizes.observe(this.#element);
  }

  hostDisconnected(): void {
    this.#sizes.disconnect();
  }
}
