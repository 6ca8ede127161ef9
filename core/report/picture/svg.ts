/** XML forbids the first kinds even as entities; writing-direction controls would let a name rearrange the text around it. */
const unreadable = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Bidi_Control}\uFFFE\uFFFF]/gu;

/** What most of a picture consists of: nothing in it is replaced. */
const harmless = /^[\w .,:;()#%+/-]*$/;

/** Text from model files is untrusted: every string that reaches markup goes through here. */
export const escaped = (text: string): string =>
  harmless.test(text)
    ? text
    : text
        .replace(unreadable, '\uFFFD')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;');

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; the children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let written = '';
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) written += ` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`;
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A hundredth of a pixel is enough, and keeps a thousand glyphs small. */
const short = (value: number): string => String(Math.round(value * 100) / 100);

export const label = (text: string, attributes: Attributes): string =>
  element('text', { 'font-family': 'inherit', fill: ink.text, ...attributes }, escaped(text));

export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** What the picture says, for those who do not see it. */
  readonly title: string;
  /** `beside text`: the same is printed next to it, so a screen reader should not say it twice. */
  readonly role: 'image' | 'beside text';
}

export function picture(canvas: Canvas, ...children: readonly string[]): string {
  const { width, height, title, role } = canvas;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
      width: Math.round(width),
      height: Math.round(height),
      ...(role === 'image' ? { role: 'img', 'aria-label': title } : { 'aria-hidden': 'true' }),
    },
    role === 'image' ? element('title', {}, escaped(title)) : '',
    ...children,
  );
}

/** Colours by purpose: the panel sets the properties from the theme, paper takes the fallbacks. */
export const ink = {
  text: 'var(--lipschitz-text, #000)',
  faint: 'var(--lipschitz-faint, #555)',
  line: 'var(--lipschitz-line, #000)',
  grid: 'var(--lipschitz-grid, #ccc)',
  bar: 'var(--lipschitz-bar, #bbb)',
  paper: 'var(--lipschitz-paper, #fff)',
  /** Of a box that stands for no number. */
  box: 'var(--lipschitz-box, #fff)',
} as const;

/** Eight steps of the sequential data scale, from small to large norms; grey on paper. */
const paperSteps = ['#f4f4f4', '#e8e8e8', '#dbdbdb', '#cecece', '#c0c0c0', '#b1b1b1', '#a2a2a2', '#929292'] as const;

/** `position` from 0 (smallest) to 1 (largest). */
export function dataColour(position: number): { readonly fill: string; readonly text: string } {
  const step = Math.min(paperSteps.length - 1, Math.max(0, Math.floor(position * paperSteps.length)));
  return {
    fill: `var(--lipschitz-data-${step}, ${paperSteps[step]})`,
    text: `var(--lipschitz-data-text-${step}, #000)`,
  };
}

/** Wide enough for any proportional font: better an early ellipsis than text over text. */
export const textWidth = (text: string, fontSize: number): number => text.length * fontSize * 0.58;

export function shortened(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const letters = Math.floor(width / (fontSize * 0.58)) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}
