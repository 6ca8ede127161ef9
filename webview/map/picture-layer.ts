/** A part of a picture that is drawn once and then laid over the canvas again and again, until what it shows changes. */
export class PictureLayer {
  readonly canvas = document.createElement('canvas');
  #shows: readonly unknown[] = [];

  /** Draws when one of `shows` is not what it was. */
  refresh(
    target: HTMLCanvasElement,
    density: number,
    shows: readonly unknown[],
    draw: (context: CanvasRenderingContext2D) => void,
  ): void {
    const all = [target.width, target.height, density, ...shows];
    if (all.length === this.#shows.length && all.every((value, i) => value === this.#shows[i])) return;
    this.#shows = all;
    // Setting a size clears the canvas.
    [this.canvas.width, this.canvas.height] = [target.width, target.height];
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    context.scale(density, density);
    draw(context);
  }
}
