import { LitElement, css, html } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import type { MapLook } from '../kept.ts';
import { signal } from '../signals.ts';
import { cellAt, colouredValues, type Cell } from '../../core/report/map-cell.ts';
import { scaleOf, type ColourScale } from '../../core/report/picture/colour-scale.ts';
import { gradientField } from '../../core/report/picture/gradient-field.ts';
import { decisionBoundary, outputContours, type Segment } from '../../core/report/picture/contours.ts';
import { frameOf, middleOf, panned, pointAt, zoomed, type Frame } from './frame.ts';
import { cellPixels, drawMap, type Ink, type MapPicture } from './picture.ts';

const contourLevels = 10;

/** The picture itself. It shows what it is given and says what the user points at; arrow keys do what the mouse does. */
export class MapCanvas extends LitElement {
  static override properties = {
    map: { attribute: false },
    look: { attribute: false },
    crosshair: { attribute: false },
    pinned: { attribute: false },
    view: { attribute: false },
    shared: { attribute: false },
    name: { attribute: false },
    size: { state: true },
  };
  declare map: LipschitzMap;
  declare look: MapLook;
  declare crosshair: Cell | undefined;
  declare pinned: Cell | undefined;
  /** The part of the plane on screen: that of the map, or the one the user has turned to while the next map is drawn. */
  declare view: Frame['view'];
  /** One scale for several maps; undefined for the map's own. */
  declare shared: ColourScale | undefined;
  /** Of the model, where two maps stand beside each other. */
  declare name: string | undefined;
  declare size: number;
  #boundary: readonly Segment[] = [];
  #contours: readonly Segment[] = [];
  #cells: HTMLCanvasElement | undefined;
  #scale: ColourScale = { kind: 'log', from: 0.1, to: 1 };
  #dragged: { readonly x: number; readonly y: number; moved: boolean } | undefined;
  #drawing = 0;
  readonly #sizes = new ResizeObserver(([entry]) => {
    if (entry !== undefined) this.size = Math.floor(Math.min(entry.contentRect.width, 640));
  });

  constructor() {
    super();
    this.size = 0;
  }

  /** What the colours mean, for the scale bar. */
  get scale(): ColourScale {
    return this.#scale;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#drawing);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('map');
    if (changed.has('map') && (before === undefined || before.corners !== this.map.corners || changed.has('look')))
      this.#boundary = decisionBoundary(this.map);
    if (changed.has('map') || changed.has('look') || changed.has('shared')) {
      this.#contours = this.look.contours ? outputContours(this.map, 0, contourLevels) : [];
      this.#cells = undefined;
    }
  }

  override render(): TemplateResult {
    return html`<canvas
      tabindex="0"
      role="application"
      aria-roledescription="map"
      aria-label="Map of local Lipschitz constants${this.name === undefined ? '' : ` of ${this.name}`}. Arrow keys move the crosshair, Enter pins a cell, plus and minus zoom, Shift and arrow keys pan."
      @pointermove=${this.#pointerMoves}
      @pointerleave=${() => signal(this, 'look-at-cell', undefined)}
      @pointerdown=${this.#pointerDown}
      @pointerup=${this.#pointerUp}
      @wheel=${this.#wheel}
      @keydown=${this.#key}
    ></canvas>`;
  }

  override updated(): void {
    cancelAnimationFrame(this.#drawing);
    // Tiles come faster than the screen is drawn.
    this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /** As a file: twice as large as on screen, with the theme's paper below. */
  async png(): Promise<Uint8Array> {
    const canvas = document.createElement('canvas');
    this.#drawOn(canvas, 2);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas !== null && this.size > 0) this.#drawOn(canvas, window.devicePixelRatio);
  }

  #drawOn(canvas: HTMLCanvasElement, density: number): void {
    const { map, look, size } = this;
    this.#scale = this.shared ?? scaleOf(colouredValues(map, look.colour), look.scale);
    const picture: MapPicture = {
      map,
      colour: look.colour,
      scale: this.#scale,
      boundary: look.boundary ? this.#boundary : [],
      contours: this.#contours,
      points: look.points ? map.points : null,
      arrows: look.gradient ? gradientField(map) : [],
      crosshair: this.crosshair,
      pinned: this.pinned,
    };
    if (this.#cells === undefined) {
      this.#cells = document.createElement('canvas');
      [this.#cells.width, this.#cells.height] = [map.grid.columns, map.grid.rows];
      this.#cells.getContext('2d')?.putImageData(cellPixels(picture), 0, 0);
    }
    [canvas.width, canvas.height] = [Math.round(size * density), Math.round(size * density)];
    // Set by script: the policy of the page forbids styles in the markup.
    canvas.style.width = canvas.style.height = `${size}px`;
    const context = canvas.getContext('2d');
    if (context === null) return;
    const ink = this.#ink();
    context.scale(density, density);
    context.fillStyle = ink.paper;
    context.fillRect(0, 0, size, size);
    drawMap(context, this.#frame(), this.#cells, picture, ink);
    signal(this, 'map-drawn', this.#scale);
  }

  #ink(): Ink {
    const style = getComputedStyle(this);
    const colour = (name: string, otherwise: string): string => {
      const probe = style.getPropertyValue(name).trim();
      return probe === '' ? otherwise : probe;
    };
    return {
      text: style.color,
      faint: colour('--vscode-descriptionForeground', style.color),
      paper: colour('--vscode-editor-background', '#fff'),
      font: `11px ${style.fontFamily}`,
    };
  }

  #frame(): Frame {
    return frameOf(this.view, this.size, this.size);
  }

  #pointAt(event: MouseEvent): readonly [number, number] {
    return pointAt(this.#frame(), event.offsetX, event.offsetY);
  }

  readonly #pointerMoves = (event: PointerEvent): void => {
    const drag = this.#dragged;
    if (drag !== undefined) {
      const frame = this.#frame();
      const [right, up] = [(drag.x - event.offsetX) / frame.width, (event.offsetY - drag.y) / frame.height];
      if (!drag.moved && Math.hypot(right, up) < 0.01) return;
      this.#dragged = { x: event.offsetX, y: event.offsetY, moved: true };
      signal(this, 'change-view', panned(this.view, right, up));
      return;
    }
    signal(this, 'look-at-cell', cellAt(this.map, ...this.#pointAt(event)));
  };

  readonly #pointerDown = (event: PointerEvent): void => {
    this.renderRoot.querySelector('canvas')?.setPointerCapture(event.pointerId);
    this.#dragged = { x: event.offsetX, y: event.offsetY, moved: false };
  };

  readonly #pointerUp = (event: PointerEvent): void => {
    const wasDragged = this.#dragged?.moved === true;
    this.#dragged = undefined;
    const cell = cellAt(this.map, ...this.#pointAt(event));
    if (!wasDragged && cell !== undefined) signal(this, 'pin-cell', cell);
  };

  readonly #wheel = (event: WheelEvent): void => {
    // Without a modifier the wheel scrolls the page, as everywhere.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    signal(this, 'change-view', zoomed(this.view, event.deltaY > 0 ? 1.25 : 0.8, this.#pointAt(event)));
  };

  readonly #key = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step !== undefined && event.shiftKey)
      signal(this, 'change-view', panned(this.view, 0.1 * step[0], 0.1 * step[1]));
    else if (step !== undefined) signal(this, 'look-at-cell', this.#stepped(step));
    else if (event.key === '+' || event.key === '=')
      signal(this, 'change-view', zoomed(this.view, 0.8, middleOf(this.view)));
    else if (event.key === '-') signal(this, 'change-view', zoomed(this.view, 1.25, middleOf(this.view)));
    else if ((event.key === 'Enter' || event.key === ' ') && this.crosshair !== undefined)
      signal(this, 'pin-cell', this.crosshair);
    else return;
    event.preventDefault();
  };

  #stepped([right, up]: readonly [number, number]): Cell {
    const { rows, columns } = this.map.grid;
    const from = this.crosshair ?? this.pinned ?? { row: Math.floor(rows / 2), column: Math.floor(columns / 2) };
    return {
      row: Math.min(rows - 1, Math.max(0, from.row + up)),
      column: Math.min(columns - 1, Math.max(0, from.column + right)),
    };
  }

  static override styles = css`
    :host {
      display: block;
      color: var(--vscode-foreground);
      font-family: var(--vscode-font-family);
    }
    canvas {
      display: block;
      cursor: crosshair;
      touch-action: none;
    }
    canvas:focus-visible {
      outline: 1px solid var(--vscode-focusBorder);
      outline-offset: 1px;
    }
  `;
}

const steps: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

customElements.define('lipschitz-map-canvas', MapCanvas);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-map-canvas': MapCanvas;
  }
}
