import type { GraphBox, GraphLayout } from '../../core/report/graph-layout.ts';
import type { GraphWindow } from '../../core/report/picture/graph-picture.ts';

/** What is on screen: the upper left corner, in the drawing's pixels, and how many of the screen's one of them gets. */
export interface GraphView {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

const least = 0.002;
const most = 3;
/** Below it names cannot be read; a network that needs less is not shown as a whole at first. */
const readable = 0.55;

const clamped = (value: number, from: number, to: number): number => Math.min(to, Math.max(from, value));

export const windowOf = ({ x, y, zoom }: GraphView, { width, height }: ScreenSize): GraphWindow => ({
  x,
  y,
  width: width / zoom,
  height: height / zoom,
});

/** The whole network in the middle. */
export function fitted(layout: GraphLayout, screen: ScreenSize): GraphView {
  const zoom = clamped(Math.min(screen.width / layout.width, screen.height / layout.height), least, 1.25);
  return centred({ x: layout.width / 2, y: layout.height / 2 }, zoom, screen);
}

/** All of it where it can be read so, else its beginning. */
export function firstView(layout: GraphLayout, screen: ScreenSize): GraphView {
  const whole = fitted(layout, screen);
  if (whole.zoom >= readable) return whole;
  const across = layout.direction === 'down' ? screen.width / layout.width : screen.height / layout.height;
  const zoom = clamped(across, readable, 1);
  const start = layout.boxes[0];
  if (start === undefined) return whole;
  const middle = middleOf(start);
  return layout.direction === 'down'
    ? { x: middle.x - screen.width / zoom / 2, y: 0, zoom }
    : { x: 0, y: middle.y - screen.height / zoom / 2, zoom };
}

export const middleOf = ({ x, y, width, height }: GraphBox): { readonly x: number; readonly y: number } => ({
  x: x + width / 2,
  y: y + height / 2,
});

export const centred = (
  at: { readonly x: number; readonly y: number },
  zoom: number,
  { width, height }: ScreenSize,
): GraphView => ({ x: at.x - width / zoom / 2, y: at.y - height / zoom / 2, zoom });

/** The point under (right, below) on screen stays where it is. */
export function zoomed(view: GraphView, factor: number, right: number, below: number): GraphView {
  const zoom = clamped(view.zoom * factor, least, most);
  return {
    x: view.x + right / view.zoom - right / zoom,
    y: view.y + below / view.zoom - below / zoom,
    zoom,
  };
}

/** What was in the middle of the upper edge stays there: the panel opens and closes its detail beside the drawing. */
export const resized = (view: GraphView, before: ScreenSize, { width }: ScreenSize): GraphView => ({
  ...view,
  x: view.x + (before.width - width) / view.zoom / 2,
});

/** By pixels of the screen; the network never leaves it altogether. */
export function panned(
  view: GraphView,
  right: number,
  below: number,
  layout: GraphLayout,
  screen: ScreenSize,
): GraphView {
  const { width, height } = windowOf(view, screen);
  return {
    x: clamped(view.x + right / view.zoom, -0.8 * width, layout.width - 0.2 * width),
    y: clamped(view.y + below / view.zoom, -0.8 * height, layout.height - 0.2 * height),
    zoom: view.zoom,
  };
}

/** As little as brings the box on screen, with some room around it. */
export function showing(view: GraphView, box: GraphBox, screen: ScreenSize): GraphView {
  const shown = windowOf(view, screen);
  const [roomX, roomY] = [Math.min(80, shown.width / 5), Math.min(80, shown.height / 5)];
  const inside =
    box.x >= shown.x + roomX / 2 &&
    box.x + box.width <= shown.x + shown.width - roomX / 2 &&
    box.y >= shown.y + roomY &&
    box.y + box.height <= shown.y + shown.height - roomY;
  return inside ? view : centred(middleOf(box), view.zoom, screen);
}
