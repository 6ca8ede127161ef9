import { deflateSync } from 'node:zlib';
import type { LipschitzMap } from '../map.ts';
import { coloured, colouredValues } from '../map-cell.ts';
import { colourAt, placeOn, scaleOf, type ColourScale, type MapColour } from './colour-scale.ts';
import { decisionBoundary } from './contours.ts';

/** As many pixels as a figure in a paper needs at least. */
const leastSide = 600;

/** The cells alone, magnified, with the decision boundary: axes and numbers are in the SVG. */
export function mapPng(map: LipschitzMap, shared?: ColourScale): Uint8Array {
  const { rows, columns } = map.grid;
  const zoom = Math.max(1, Math.ceil(leastSide / Math.max(rows, columns)));
  const [width, height] = [columns * zoom, rows * zoom];
  const colour: MapColour = map.rigor.upper === null ? 'lower' : 'upper';
  const scale = shared ?? scaleOf(colouredValues(map, colour), 'log');
  // Each line of a PNG begins with its filter: 0, none.
  const lines = new Uint8Array((1 + 3 * width) * height);
  const paint = (x: number, y: number, rgb: readonly number[]): void => {
    if (x >= 0 && y >= 0 && x < width && y < height) lines.set(rgb, (1 + 3 * width) * y + 1 + 3 * x);
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = coloured(map, (rows - 1 - Math.floor(y / zoom)) * columns + Math.floor(x / zoom), colour);
      paint(x, y, Number.isNaN(value) ? [255, 255, 255] : colourAt(placeOn(scale, value)));
    }
  for (const [x1, y1, x2, y2] of decisionBoundary(map)) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1)) * zoom * 2));
    for (let i = 0; i <= steps; i++) {
      const [x, y] = [(x1 + (i / steps) * (x2 - x1)) * zoom, height - (y1 + (i / steps) * (y2 - y1)) * zoom];
      for (const right of [0, 1])
        for (const down of [0, 1]) paint(Math.round(x) - right, Math.round(y) - down, [255, 255, 255]);
    }
  }
  return png(width, height, lines);
}

/** A true-colour image without interlacing (PNG, third edition, W3C 2025). */
function png(width: number, height: number, lines: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND', new Uint8Array(0))];
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function chunk(kind: string, data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(12 + data.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) whole[4 + i] = kind.charCodeAt(i);
  whole.set(data, 8);
  view.setUint32(8 + data.length, crc(whole.subarray(4, 8 + data.length)));
  return whole;
}

/** CRC-32 with the reversed polynomial, bit by bit: a picture has few bytes. */
function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
