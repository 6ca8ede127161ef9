/** A part of a picture that is drawn once and then laid over the canvas again and again, until what it shows changes. */
export class PictureLayer {
  readonly canvas = document.createElement('canvas');
  #shows: readonly unknown[] = [];

  /** Nothing has been drawn on it yet. */
  get blank(): boolean {
    return this.#shows.length === 0;
  }

  /** Draws when one of `shows` is not what it was. */
  refresh(
    { side, density }: { readonly side: number; readonly density: number },
    shows: readonly unknown[],
    draw: (context: CanvasRenderingContext2D) => void,
  ): void {
    const all = [side, density, ...shows];
    if (all.length === this.#shows.length && all.every((value, i) => value === this.#shows[i])) return;
    this.#shows = all;
    // Setting a size clears the canvas.
    [this.canvas.width, this.canvas.height] = [side, side];
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    context.scale(density, density);
    draw(context);
  }
}
