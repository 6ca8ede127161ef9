import { LitElement, css, html } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { LipschitzMap } from '../../core/report/map.ts';
import type { MapLook } from '../kept.ts';
import { signal } from '../signals.ts';
import { cellAt, type Cell } from '../../core/report/map-cell.ts';
import { CellPixels } from '../../core/report/picture/cell-pixels.ts';
import { scaleBetween, steadyScale, type ColourScale } from '../../core/report/picture/colour-scale.ts';
import { gradientField, type Arrow } from '../../core/report/picture/gradient-field.ts';
import { decisionBoundary, outputContours, type Segment } from '../../core/report/picture/contours.ts';
import { frameOf, middleOf, panned, pointAt, zoomed, type Frame } from './frame.ts';
import { drawCells, drawLines, drawMarks, drawPaper, type Ink, type MapLines } from './picture.ts';
import { PictureLayer } from './picture-layer.ts';
import { l10n } from '../l10n.ts';

const contourLevels = 10;

/** A part of the picture: whether it has been made before, and how it is made as it should be now. */
interface Part {
  readonly made: boolean;
  readonly make: () => void;
}

/** The cells as an image of their own size. */
interface Cells {
  readonly canvas: HTMLCanvasElement;
  readonly pixels: CellPixels;
  readonly image: ImageData;
}

function cellsOf({ rows, columns }: LipschitzMap['grid']): Cells {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns, rows];
  const pixels = new CellPixels({ rows, columns });
  return { canvas, pixels, image: new ImageData(pixels.bytes, columns, rows) };
}

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
  #arrows: readonly Arrow[] = [];
  #cells: Cells | undefined;
  readonly #paper = new PictureLayer();
  readonly #lines = new PictureLayer();
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

  /** Lines come from the corners, which come once: a tile moves none of them. */
  override willUpdate(changed: PropertyValues<this>): void {
    const { look, map } = this;
    const before = changed.has('map') ? changed.get('map') : map;
    if (before?.corners === map.corners && before.plane === map.plane && !changed.has('look')) return;
    this.#boundary = look.boundary ? decisionBoundary(map) : [];
    this.#contours = look.contours ? outputContours(map, 0, contourLevels) : [];
    this.#arrows = look.gradient ? gradientField(map) : [];
  }

  override render(): TemplateResult {
    return html`<canvas
      tabindex="0"
      role="application"
      aria-roledescription=${l10n.t('map')}
      aria-label="${this.name === undefined ? l10n.t('Map of local Lipschitz constants.') : l10n.t('Map of local Lipschitz constants of {0}.', this.name)} ${l10n.t('Arrow keys move the crosshair, Enter pins a cell, plus and minus zoom, Shift and arrow keys pan.')}"
      @pointermove=${this.#pointerMoves}
      @pointerleave=${() => signal(this, 'look-at-cell', undefined)}
      @pointerdown=${this.#pointerDown}
      @pointerup=${this.#pointerUp}
      @wheel=${this.#wheel}
      @keydown=${this.#key}
    ></canvas>`;
  }

  override updated(): void {
    this.#drawSoon();
  }

  /** As a file: twice as large as on screen, with the theme's paper below. */
  async png(): Promise<Uint8Array> {
    const canvas = document.createElement('canvas');
    this.#compose(canvas, 2);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
  }

  /** Tiles come faster than the screen is drawn. */
  #drawSoon(): void {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /**
   * The first picture is the slow one: nothing is compiled yet, and canvases have to be made. Each of its parts takes a frame of its own, so
   * that the page answers between them.
   */
  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas === null || this.size <= 0) return;
    const density = window.devicePixelRatio;
    const next = this.#parts(Math.round(this.size * density), density).find(({ made }) => !made);
    if (next === undefined) {
      this.#compose(canvas, density);
      return;
    }
    next.make();
    this.#drawSoon();
  }

  #compose(canvas: HTMLCanvasElement, density: number): void {
    const { map, size } = this;
    const side = Math.round(size * density);
    if (canvas.width !== side) {
      [canvas.width, canvas.height] = [side, side];
      // Set by script: the policy of the page forbids styles in the markup.
      canvas.style.width = canvas.style.height = `${size}px`;
    }
    const context = canvas.getContext('2d');
    if (context === null) return;
    for (const { make } of this.#parts(side, density)) make();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#paper.canvas, 0, 0);
    context.scale(density, density);
    if (this.#cells !== undefined) drawCells(context, this.#frame(), this.#cells.canvas, map);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#lines.canvas, 0, 0);
    context.scale(density, density);
    drawMarks(context, this.#frame(), map, this);
    signal(this, 'map-drawn', this.#scale);
  }

  /** What the picture is laid together from, lowest first. Made again, a part draws only what has changed. */
  #parts(side: number, density: number): readonly Part[] {
    const { map, look } = this;
    const [ink, frame] = [this.#ink(), this.#frame()];
    const inks = [ink.text, ink.faint, ink.paper, ink.font];
    const lines: MapLines = {
      map,
      boundary: this.#boundary,
      contours: this.#contours,
      arrows: this.#arrows,
      points: look.points ? map.points : null,
    };
    const shows = [...inks, ...this.view.flat(), map.plane, lines.boundary, lines.contours, lines.arrows, lines.points];
    const scale = { side, density };
    return [
      { made: !this.#paper.blank, make: () => this.#paper.refresh(scale, inks, (on) => drawPaper(on, frame, ink)) },
      { made: this.#cells !== undefined, make: () => this.#colourCells() },
      {
        made: !this.#lines.blank,
        make: () => this.#lines.refresh(scale, shows, (on) => drawLines(on, frame, lines, ink)),
      },
    ];
  }

  /** Only what is new is coloured; when all cells are there, the scale is that of the files. */
  #colourCells(): void {
    const { map, look } = this;
    const { rows, columns } = map.grid;
    if (this.#cells?.canvas.width !== columns || this.#cells.canvas.height !== rows) this.#cells = cellsOf(map.grid);
    const { canvas, pixels, image } = this.#cells;
    const extremes = pixels.take(map, look.colour, look.scale);
    this.#scale =
      this.shared ??
      (map.done < rows * columns ? steadyScale(this.#scale, extremes, look.scale) : scaleBetween(extremes, look.scale));
    const lines = pixels.paint(this.#scale);
    if (lines !== undefined)
      canvas.getContext('2d')?.putImageData(image, 0, 0, 0, lines.from, columns, lines.to - lines.from);
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
