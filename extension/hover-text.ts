import { norms, type Norm } from '../core/bound.ts';
import { percent } from '../core/report/digits.ts';
import type { LayerEntry, LayerNorm, SourceTier } from '../core/report/inspection.ts';
import { misleadingKernelNorm } from '../core/report/sentences.ts';
import { evidenceWord, intervalText, normWord, ofLayer, weaker } from '../core/report/words.ts';
import { baseName } from './names.ts';
import type { Link } from './source/link-layers.ts';

/** What a hover says of one model; several models may share a line. */
export interface HoverSection {
  readonly file: string;
  readonly norm: Norm;
  readonly links: readonly Link[];
  /** The panel, with these layers selected. */
  readonly openLink: string;
}

/** The sentences of this file, translated by the host. */
export interface HoverWords {
  readonly tier: Readonly<Record<SourceTier, string>>;
  readonly open: string;
  many(count: number): string;
  share(percent: string): string;
  kernel(norm: string): string;
  more(count: number): string;
}

const namesShown = 4;

export const hoverMarkdown = (sections: readonly HoverSection[], words: HoverWords): string =>
  sections.map((section) => sectionMarkdown(section, words)).join('\n\n---\n\n');

function sectionMarkdown({ file, norm, links, openLink }: HoverSection, words: HoverWords): string {
  const layers = links.map(({ layer }) => layer);
  const shown = together(layers, norm);
  const others = norms
    .filter((other) => other !== norm)
    .flatMap((other) => {
      const interval = together(layers, other);
      return interval === undefined ? [] : [`${normWord[other]} ${intervalText(ofLayer(interval))}`];
    });
  const shares = layers.flatMap(({ share }) => (share === null ? [] : [share]));
  const kernel = layers.length === 1 ? misleadingKernelNorm(layers[0]!) : undefined;
  const facts = [
    ...(shares.length === 0 ? [] : [words.share(percent(shares.reduce((sum, share) => sum + share, 0)))]),
    ...others,
    ...(kernel === undefined ? [] : [words.kernel(kernel.toPrecision(3))]),
  ];
  const interval =
    shown === undefined
      ? ''
      : `**${intervalText(ofLayer(shown))}** ${normWord[norm]}, ${evidenceWord(ofLayer(shown))}  \n`;
  return [
    `${heading(layers, words)} · ${code(baseName(file))}  \n${interval}${facts.join(' · ')}`.trimEnd(),
    `${[...new Set(links.map(({ tier }) => words.tier[tier]))].join('; ')} · [${words.open}](${openLink})`,
  ].join('\n\n');
}

function heading(layers: readonly LayerEntry[], words: HoverWords): string {
  const names = layers.slice(0, namesShown).map(({ name }) => code(name));
  const rest = layers.length - names.length;
  const list = names.join(', ') + (rest > 0 ? ` ${words.more(rest)}` : '');
  return layers.length === 1 ? list : `${words.many(layers.length)}: ${list}`;
}

/** One interval around those of all layers: the smallest lower end, the largest upper end, the weakest evidence. */
function together(layers: readonly LayerEntry[], norm: Norm): LayerNorm | undefined {
  return layers
    .flatMap(({ norms: { [norm]: known } }) => (known === undefined ? [] : [known]))
    .reduce<LayerNorm | undefined>((all, one) => {
      if (all === undefined) return one;
      const upper = all.upper === null || one.upper === null ? null : Math.max(all.upper, one.upper);
      const reason = all.reason ?? one.reason;
      return {
        lower: Math.min(all.lower, one.lower),
        upper,
        rigor: weaker(all.rigor, one.rigor),
        method: all.method,
        ...(reason === undefined ? {} : { reason }),
      };
    }, undefined);
}

/** Names come from the file: nothing in them may become markup or a link. */
const code = (text: string): string => `\`${text.replace(/[`\r\n]/g, ' ')}\``;
