/** How data points of a class are drawn: told apart by their shape as well as by light and dark, never by hue alone. */
export interface ClassMark {
  readonly shape: 'circle' | 'square' | 'triangle' | 'diamond' | 'cross';
  readonly fill: string;
  readonly edge: string;
}

const shapes: readonly ClassMark['shape'][] = ['circle', 'square', 'triangle', 'diamond', 'cross'];
const tones = [
  { fill: '#fff', edge: '#000' },
  { fill: '#e8590c', edge: '#000' },
  { fill: '#000', edge: '#fff' },
] as const;

/** Fifteen classes look different; more begin again. */
export function classMark(label: number): ClassMark {
  const place = ((label % 15) + 15) % 15;
  return {
    shape: shapes[place % shapes.length]!,
    ...tones[(place + Math.floor(place / shapes.length)) % tones.length]!,
  };
}

/** The outline of a mark around a place, for SVG and canvas alike. */
export function markPath(shape: ClassMark['shape'], x: number, y: number, r: number): string {
  const at = (dx: number, dy: number): string => `${(x + dx * r).toFixed(2)} ${(y + dy * r).toFixed(2)}`;
  switch (shape) {
    case 'circle':
      return `M${at(-1, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case 'square':
      return `M${at(-0.9, -0.9)}L${at(0.9, -0.9)}L${at(0.9, 0.9)}L${at(-0.9, 0.9)}z`;
    case 'triangle':
      return `M${at(0, -1.2)}L${at(1.1, 0.8)}L${at(-1.1, 0.8)}z`;
    case 'diamond':
      return `M${at(0, -1.3)}L${at(1.1, 0)}L${at(0, 1.3)}L${at(-1.1, 0)}z`;
    case 'cross':
      return `M${at(-0.4, -1.2)}L${at(0.4, -1.2)}L${at(0.4, -0.4)}L${at(1.2, -0.4)}L${at(1.2, 0.4)}L${at(0.4, 0.4)}L${at(0.4, 1.2)}L${at(-0.4, 1.2)}L${at(-0.4, 0.4)}L${at(-1.2, 0.4)}L${at(-1.2, -0.4)}L${at(-0.4, -0.4)}z`; // prettier-ignore
  }
}
