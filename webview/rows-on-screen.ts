import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import type { ChildPart, PartInfo } from 'lit/directive.js';
import { repeat } from 'lit/directives/repeat.js';
import { drawnRows, few, sameRows, slice, towards, type DrawnRows } from './drawn-rows.ts';
import { lastTurn, turn } from './turns.ts';

/**
 * The rows of a table body that scrolls in its own frame (`.scroll`), drawn a slice at a time. Of a long one only those near the screen
 * are in the page; their places in the whole are told to screen readers (aria-rowindex). All rows are as high as the first.
 * Those of a table that is folded away come when everything else is drawn.
 */
class RowsOnScreen extends AsyncDirective {
  #items: readonly unknown[] = [];
  #draw: (item: unknown, at: number) => unknown = () => nothing;
  #drawn: DrawnRows = { from: 0, to: slice };
  #rowHeight = 26;
  #body: HTMLElement | undefined;
  #frame: Element | undefined;
  #pace: 'resting' | 'filling' = 'resting';

  constructor(part: PartInfo) {
    super(part);
    requestAnimationFrame(() => this.#watch());
  }

  override render(items: readonly unknown[], draw: (item: unknown, at: number) => unknown): unknown {
    [this.#items, this.#draw] = [items, draw];
    requestAnimationFrame(this.#look);
    return this.#rows();
  }

  override update(
    part: ChildPart,
    [items, draw]: [readonly unknown[], (item: unknown, at: number) => unknown],
  ): unknown {
    this.#body ??= this.#begin(part.parentNode as HTMLElement);
    return this.render(items, draw);
  }

  #begin(body: HTMLElement): HTMLElement {
    if (isFolded(body)) this.#drawn = { from: 0, to: 0 };
    return body;
  }

  protected override disconnected(): void {
    this.#frame?.removeEventListener('scroll', this.#look);
    window.removeEventListener('scroll', this.#look);
    window.removeEventListener('resize', this.#look);
    this.#frame = undefined;
  }

  protected override reconnected(): void {
    this.#watch();
  }

  #watch(): void {
    if (!this.isConnected || this.#frame !== undefined) return;
    this.#frame = this.#body?.closest('.scroll') ?? undefined;
    this.#frame?.addEventListener('scroll', this.#look, { passive: true });
    window.addEventListener('scroll', this.#look, { passive: true });
    window.addEventListener('resize', this.#look, { passive: true });
    this.#look();
  }

  /** Rows are never drawn in the task that scrolls, which lays out the ones before. */
  readonly #look = (): void => {
    if (this.#pace === 'resting') void this.#fill();
  };

  async #fill(): Promise<void> {
    this.#pace = 'filling';
    do await (this.#body !== undefined && isFolded(this.#body) ? lastTurn() : turn());
    while (this.#drawSlice() === 'incomplete');
    this.#pace = 'resting';
  }

  #drawSlice(): 'complete' | 'incomplete' {
    const [body, frame] = [this.#body, this.#frame];
    if (!this.isConnected || body === undefined || frame === undefined) return 'complete';
    if (this.#items.length > few) this.#tellPlaces(body);
    const near = this.#near(body, frame);
    if (sameRows(near, this.#drawn)) return 'complete';
    if (this.#items.length > few) keepWidths(body);
    this.#drawn = towards(this.#drawn, near);
    this.setValue(this.#rows());
    if (this.#items.length > few) this.#tellPlaces(body);
    return sameRows(near, this.#drawn) ? 'complete' : 'incomplete';
  }

  /** The rows that should be in the page. */
  #near(body: HTMLElement, frame: Element): DrawnRows {
    const { length } = this.#items;
    // What is folded away has its first rows when it is opened. Nothing is laid out to learn what is known.
    if (length <= few || isFolded(body)) return { from: 0, to: Math.min(length, few) };
    const box = frame.getBoundingClientRect();
    this.#rowHeight = body.querySelector('tr[aria-rowindex]')?.getBoundingClientRect().height ?? this.#rowHeight;
    const [top, bottom] = [Math.max(0, box.top), Math.min(window.innerHeight, box.bottom)];
    const above = top - body.getBoundingClientRect().top;
    return drawnRows(length, this.#rowHeight, above, Math.max(0, bottom - top));
  }

  #rows(): unknown {
    const { length } = this.#items;
    const [from, to] = [Math.min(this.#drawn.from, length), Math.min(this.#drawn.to, length)];
    const shown = this.#items.slice(from, to).map((item, k) => ({ item, at: from + k }));
    // By their place: what has the focus stays the row that it is.
    const rows = repeat(
      shown,
      ({ at }) => at,
      ({ item, at }) => this.#draw(item, at),
    );
    return [room(from * this.#rowHeight), rows, room((length - to) * this.#rowHeight)];
  }

  #tellPlaces(body: HTMLElement): void {
    body.closest('table')?.setAttribute('aria-rowcount', String(this.#items.length + 1));
    const rows = body.querySelectorAll(':scope>tr:not([aria-hidden])');
    rows.forEach((row, k) => row.setAttribute('aria-rowindex', String(this.#drawn.from + k + 2)));
  }
}

const isFolded = (body: HTMLElement): boolean => body.closest('details:not([open])') !== null;

/** Columns that have been wide stay so: rows that come and go would shift them. */
function keepWidths(body: HTMLElement): void {
  const heads = [...(body.closest('table')?.tHead?.rows[0]?.cells ?? [])];
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  heads.forEach(({ style }, i) => {
    if (parseFloat(style.minWidth || '0') >= widths[i]!) return;
    style.boxSizing = 'border-box';
    style.minWidth = `${widths[i]}px`;
  });
}

/** Stands for the rows that are not drawn. */
const room = (height: number): TemplateResult | typeof nothing =>
  height > 0
    ? html`<tr aria-hidden="true">
        <td height=${height}></td>
      </tr>`
    : nothing;

const onScreen = directive(RowsOnScreen);

/** To be put into a `tbody`. `draw` makes a `tr`. */
export const rowsOnScreen = <T>(items: readonly T[], draw: (item: T, at: number) => unknown): unknown =>
  onScreen(items, draw as (item: unknown, at: number) => unknown);
