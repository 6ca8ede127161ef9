/** Cells of a search by their upper end, the largest first. */
export class CellHeap<Cell extends { readonly upper: number }> {
  readonly #cells: Cell[] = [];

  get top(): number {
    return this.#cells[0]?.upper ?? 0;
  }

  get size(): number {
    return this.#cells.length;
  }

  push(cell: Cell): void {
    const cells = this.#cells;
    let at = cells.push(cell) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (cells[parent]!.upper >= cell.upper) break;
      cells[at] = cells[parent]!;
      at = parent;
    }
    cells[at] = cell;
  }

  pop(): Cell | undefined {
    const cells = this.#cells;
    const top = cells[0];
    const last = cells.pop();
    if (last === undefined || cells.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= cells.length) break;
      if (child + 1 < cells.length && cells[child + 1]!.upper > cells[child]!.upper) child++;
      if (cells[child]!.upper <= last.upper) break;
      cells[at] = cells[child]!;
      at = child;
    }
    cells[at] = last;
    return top;
  }
}
