import { graphBoxes, graphLines, type GraphDrawing } from '../../core/report/picture/graph-picture.ts';

/** As many milliseconds of a frame as boxes are made for; laying out and painting them costs about as much again. */
const shareOfFrame = 10;
/** Boxes that are read at once. */
const handful = 24;

/**
 * The contents of an `svg`, made in a few milliseconds a frame: a new drawing takes the place of the one before box by box, so nothing
 * flickers and a thousand boxes never hold the page.
 */
export class FilledSvg {
  readonly #content: Element;
  #lines: Element | undefined;
  #boxes = new Map<string, Element>();
  /** What the drawing before has left. */
  #former = new Map<string, Element>();
  #rest: Iterator<string> | undefined;

  constructor(content: Element) {
    this.#content = content;
  }

  /** Nothing that is drawn stands where it should. */
  clear(): void {
    this.#content.replaceChildren();
    this.#lines = undefined;
    this.#boxes = new Map();
    this.#former = new Map();
    this.#rest = undefined;
  }

  begin(drawing: GraphDrawing): void {
    const lines = groupOf(graphLines(drawing));
    if (this.#lines === undefined) this.#content.prepend(lines);
    else this.#lines.replaceWith(lines);
    this.#lines = lines;
    this.#former = new Map([...this.#former, ...this.#boxes]);
    this.#boxes = new Map();
    this.#rest = graphBoxes(drawing)[Symbol.iterator]();
  }

  /** Draws on for a moment; says whether something is left for the next frame. */
  goOn(): 'done' | 'more' {
    const end = performance.now() + shareOfFrame;
    while (this.#rest !== undefined) {
      this.#put(this.#handful(this.#rest));
      if (performance.now() > end) break;
    }
    if (this.#rest !== undefined) return 'more';
    for (const box of this.#former.values()) box.remove();
    this.#former = new Map();
    return 'done';
  }

  #handful(rest: Iterator<string>): string {
    let boxes = '';
    for (let k = 0; k < handful; k++) {
      const next = rest.next();
      if (next.done === true) {
        this.#rest = undefined;
        break;
      }
      boxes += next.value;
    }
    return boxes;
  }

  #put(markup: string): void {
    for (const box of [...groupOf(markup).children]) {
      const node = box.getAttribute('data-node') ?? '';
      const former = this.#former.get(node);
      if (former === undefined) this.#content.append(box);
      else former.replaceWith(box);
      this.#former.delete(node);
      this.#boxes.set(node, box);
    }
  }
}

/** Safe: every text in the markup of core/report is escaped. */
function groupOf(markup: string): Element {
  const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
  group.innerHTML = markup;
  return group;
}
