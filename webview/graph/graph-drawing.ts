import { LitElement, css, html } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { GraphLayout } from '../../core/report/graph-layout.ts';
import type { GraphColour, NodeLook } from '../../core/report/graph-look.ts';
import type { GraphWindow } from '../../core/report/picture/graph-picture.ts';
import { signal } from '../signals.ts';
import { FilledSvg } from './filled-svg.ts';
import {
  centred,
  firstView,
  fitted,
  middleOf,
  panned,
  resized,
  showing,
  windowOf,
  zoomed,
  type GraphView,
  type ScreenSize,
} from './view.ts';
import { stepped } from './walk.ts';
import { l10n } from '../l10n.ts';

/** Drawn around what is on screen, in screens on every side, so that a short pan draws nothing new. */
const around = 0.5;
/** While numbers stream in, drawing gets at most this part of the time. */
const drawingShare = 0.15;

/** The network itself, to be moved and walked in. It shows what it is given and says where the cursor wants to be. */
export class GraphDrawing extends LitElement {
  static override properties = {
    layout: { attribute: false },
    looks: { attribute: false },
    colour: { attribute: false },
    found: { attribute: false },
    cursor: { attribute: false },
  };
  declare layout: GraphLayout;
  /** What every box of the layout shows. */
  declare looks: readonly NodeLook[];
  /** What the colours stand for; when another is chosen nobody waits. */
  declare colour: GraphColour;
  /** What a search found; undefined while nothing is searched for. */
  declare found: ReadonlySet<number> | undefined;
  /** The box that has the attention, by its place in the graph. */
  declare cursor: number | undefined;
  #view: GraphView | undefined;
  #filled: FilledSvg | undefined;
  /** What has been drawn, or is being drawn, of which a part is on screen. */
  #drawn: { readonly window: GraphWindow; readonly zoom: number } | undefined;
  #size: ScreenSize | undefined;
  #frame = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #lastCost = 0;
  #dragged: { readonly x: number; readonly y: number; moved: boolean } | undefined;
  readonly #sizes = new ResizeObserver(() => this.#resized());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  override focus(): void {
    this.#stage()?.focus();
  }

  /** Everything on screen at once. */
  fit(): void {
    this.#look(fitted(this.layout, this.#screen()));
  }

  zoomBy(factor: number): void {
    const { width, height } = this.#screen();
    if (this.#view !== undefined) this.#look(zoomed(this.#view, factor, width / 2, height / 2));
  }

  override render(): TemplateResult {
    return html`<div
      class="stage"
      tabindex="0"
      role="application"
      aria-roledescription=${l10n.t('graph')}
      aria-label=${l10n.t('The network as a graph. Arrow keys follow the edges, Home and End go to its ends, Enter opens the layer, plus and minus zoom, 0 shows all of it. The same stands in the table below.')}
      @pointerdown=${this.#pointerDown}
      @pointermove=${this.#pointerMoves}
      @pointerup=${this.#pointerUp}
      @dblclick=${this.#doubleClick}
      @wheel=${this.#wheel}
      @keydown=${this.#key}
    >
      <svg aria-hidden="true" preserveAspectRatio="xMinYMin meet">
        <g class="content"></g>
        <rect class="cursor" rx="7" visibility="hidden"></rect>
      </svg>
    </div>`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('layout')) {
      this.#view = undefined;
      this.#filled?.clear();
      this.#redraw('now');
    } else if (changed.has('colour') || changed.has('found')) this.#redraw('now');
    else if (changed.has('looks')) this.#redraw('soon');
    if (changed.has('cursor') || changed.has('layout')) this.#follow();
  }

  #stage(): HTMLElement | null {
    return this.renderRoot.querySelector('.stage');
  }

  #screen(): ScreenSize {
    return { width: Math.max(1, this.clientWidth), height: Math.max(1, this.clientHeight) };
  }

  #resized(): void {
    const [before, now] = [this.#size, this.#screen()];
    this.#size = now;
    // Shown for the first time, or after the tab was away.
    if (this.#view === undefined || before === undefined) this.#redraw('now');
    else this.#look(resized(this.#view, before, now));
  }

  #look(view: GraphView): void {
    this.#view = view;
    this.#schedule();
  }

  /** Brings the cursor on screen when it has moved. */
  #follow(): void {
    const box = this.cursor === undefined ? undefined : this.layout.boxes[this.cursor];
    if (box === undefined || this.clientWidth === 0) {
      this.#schedule();
      return;
    }
    const screen = this.#screen();
    const view = this.#view ?? firstView(this.layout, screen);
    this.#look(this.#drawn === undefined ? centredOn(box, view, screen) : showing(view, box, screen));
  }

  /** New contents. `soon`: only numbers have changed, which may wait for a moment when there is time. */
  #redraw(when: 'now' | 'soon'): void {
    if (when === 'now') {
      this.#drawn = undefined;
      this.#schedule();
      return;
    }
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined;
      this.#redraw('now');
    }, this.#lastCost / drawingShare);
  }

  #schedule(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const svg = this.renderRoot.querySelector('svg');
    const content = svg?.querySelector('.content');
    if (svg === null || content === null || content === undefined || this.clientWidth === 0) return;
    const screen = this.#screen();
    this.#view ??= firstView(this.layout, screen);
    const { zoom } = this.#view;
    const window = windowOf(this.#view, screen);
    svg.setAttribute('viewBox', `${window.x} ${window.y} ${window.width} ${window.height}`);
    const start = performance.now();
    this.#filled ??= new FilledSvg(content);
    if (this.#drawn === undefined || !serves(this.#drawn, window, zoom)) {
      const { layout, looks, found } = this;
      const larger = enlarged(window);
      this.#filled.begin({ layout, looks, window: larger, zoom, found });
      this.#drawn = { window: larger, zoom };
      this.#lastCost = 0;
    }
    const rest = this.#filled.goOn();
    this.#lastCost += performance.now() - start;
    if (rest === 'more') this.#schedule();
    this.#drawCursor(svg, zoom);
  }

  #drawCursor(svg: SVGSVGElement, zoom: number): void {
    const mark = svg.querySelector('.cursor');
    const box = this.cursor === undefined ? undefined : this.layout.boxes[this.cursor];
    if (mark === null) return;
    mark.setAttribute('visibility', box === undefined ? 'hidden' : 'visible');
    if (box === undefined) return;
    const room = 3 + 1 / zoom;
    mark.setAttribute('x', `${box.x - room}`);
    mark.setAttribute('y', `${box.y - room}`);
    mark.setAttribute('width', `${box.width + 2 * room}`);
    mark.setAttribute('height', `${box.height + 2 * room}`);
    mark.setAttribute('stroke-width', `${Math.max(2.5, 2 / zoom)}`);
  }

  #boxAt(event: Event): number | undefined {
    const box = (event.composedPath()[0] as Element).closest('[data-node]');
    return box === null ? undefined : Number(box.getAttribute('data-node'));
  }

  readonly #pointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#dragged = { x: event.clientX, y: event.clientY, moved: false };
  };

  readonly #pointerMoves = (event: PointerEvent): void => {
    const drag = this.#dragged;
    if (drag === undefined || this.#view === undefined) return;
    const [right, below] = [drag.x - event.clientX, drag.y - event.clientY];
    if (!drag.moved && Math.hypot(right, below) < 4) return;
    // Only now, so that a click still knows which box it meant.
    this.#stage()?.setPointerCapture(event.pointerId);
    this.#dragged = { x: event.clientX, y: event.clientY, moved: true };
    this.#look(panned(this.#view, right, below, this.layout, this.#screen()));
  };

  readonly #pointerUp = (event: PointerEvent): void => {
    const wasDragged = this.#dragged?.moved === true;
    this.#dragged = undefined;
    const box = this.#boxAt(event);
    if (!wasDragged && box !== undefined) signal(this, 'choose-node', { node: box, how: 'open' });
  };

  readonly #doubleClick = (event: Event): void => {
    const box = this.#boxAt(event);
    if (box !== undefined) signal(this, 'choose-node', { node: box, how: 'reveal' });
  };

  readonly #wheel = (event: WheelEvent): void => {
    // Without a modifier the wheel scrolls the page, as everywhere.
    if ((!event.ctrlKey && !event.metaKey) || this.#view === undefined) return;
    event.preventDefault();
    const { left, top } = this.getBoundingClientRect();
    this.#look(zoomed(this.#view, event.deltaY > 0 ? 0.8 : 1.25, event.clientX - left, event.clientY - top));
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const pan = event.shiftKey ? pans[key] : undefined;
    if (pan !== undefined && this.#view !== undefined)
      this.#look(panned(this.#view, pan[0], pan[1], this.layout, this.#screen()));
    else if (key === '+' || key === '=') this.zoomBy(1.25);
    else if (key === '-') this.zoomBy(0.8);
    else if (key === '0') this.fit();
    else if (key === 'Enter' || key === ' ') {
      if (this.cursor !== undefined) signal(this, 'choose-node', { node: this.cursor, how: 'enter' });
    } else {
      // Without a cursor the first key of any kind that moves it puts it on the input.
      const next = stepped(this.layout, this.cursor ?? 0, key);
      if (next === undefined && !key.startsWith('Arrow')) return;
      const goal = this.cursor === undefined && key !== 'End' ? 0 : next;
      if (goal !== undefined) signal(this, 'choose-node', { node: goal, how: 'move' });
    }
    event.preventDefault();
  };

  static override styles = css`
    :host {
      display: block;
      color: var(--vscode-foreground);
      font-family: var(--vscode-font-family);
    }
    .stage {
      width: 100%;
      height: 100%;
      overflow: hidden;
      border: 1px solid var(--lipschitz-grid);
      border-radius: 4px;
      box-sizing: border-box;
      cursor: grab;
      touch-action: none;
    }
    .stage:focus-visible {
      outline: 1px solid var(--vscode-focusBorder);
      outline-offset: 1px;
    }
    svg {
      display: block;
      width: 100%;
      height: 100%;
      user-select: none;
    }
    [data-node] {
      cursor: pointer;
    }
    .cursor {
      fill: none;
      stroke: var(--vscode-focusBorder, var(--vscode-foreground));
      pointer-events: none;
    }
  `;
}

const pans: Readonly<Record<string, readonly [right: number, below: number]>> = {
  ArrowLeft: [-120, 0],
  ArrowRight: [120, 0],
  ArrowUp: [0, -120],
  ArrowDown: [0, 120],
};

const centredOn = (box: GraphLayout['boxes'][number], view: GraphView, screen: ScreenSize): GraphView =>
  centred(middleOf(box), view.zoom, screen);

const enlarged = ({ x, y, width, height }: GraphWindow): GraphWindow => ({
  x: x - around * width,
  y: y - around * height,
  width: (1 + 2 * around) * width,
  height: (1 + 2 * around) * height,
});

/** Whether what was drawn covers the window, and its lines and letters suit the zoom. */
function serves(
  drawn: { readonly window: GraphWindow; readonly zoom: number },
  window: GraphWindow,
  zoom: number,
): boolean {
  const { x, y, width, height } = drawn.window;
  const covers =
    window.x >= x && window.y >= y && window.x + window.width <= x + width && window.y + window.height <= y + height;
  return covers && zoom / drawn.zoom < 1.3 && drawn.zoom / zoom < 1.3;
}

customElements.define('lipschitz-graph-drawing', GraphDrawing);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-graph-drawing': GraphDrawing;
  }
}
