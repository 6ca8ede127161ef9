import { norms, type Norm } from '../core/bound.ts';
import { digits, percent } from '../core/report/digits.ts';
import type { LayerEntry, LayerNorm, SourceTier } from '../core/report/inspection.ts';
import { methodWords } from '../core/report/method-names.ts';
import { misleadingKernelNorm } from '../core/report/sentences.ts';
import type { LayerSpectrum } from '../core/report/layer-spectrum.ts';
import { evidenceWord, intervalText, normWord, ofLayer, rigorMeaning } from '../core/report/words.ts';
import { normOfLayers } from './layers-together.ts';
import { baseName } from './names.ts';
import { sparkline } from './sparkline.ts';
import type { Link } from '../core/source/link-layers.ts';

/** What a hover says of one model; several models may share a line. */
export interface HoverSection {
  readonly file: string;
  readonly norm: Norm;
  readonly links: readonly Link[];
  /** Why the numbers may be of something else than what the line says now. */
  readonly stale?: 'line' | 'file';
  /** How the singular values are spread, where somebody has asked for it. */
  readonly spectrum?: Pick<LayerSpectrum, 'count' | 'histogram'>;
  /** What of it is not within its budget, in sentences. */
  readonly breaches: readonly string[];
  /** The panel with these layers selected, the map of the model, and what the numbers mean. */
  readonly openLink: string;
  readonly mapLink: string;
  readonly docsLink: string;
}

/** The sentences of this file, translated by the host. */
export interface HoverWords {
  readonly tier: Readonly<Record<SourceTier, string>>;
  readonly stale: Readonly<Record<'line' | 'file', string>>;
  readonly open: string;
  readonly map: string;
  readonly docs: string;
  many(count: number): string;
  share(percent: string): string;
  kernel(norm: string): string;
  more(count: number): string;
  why(reason: string): string;
  spectrum(count: number, largest: string): string;
}

const namesShown = 4;
const barsShown = 24;
const breachesShown = 3;

export const hoverMarkdown = (sections: readonly HoverSection[], words: HoverWords): string =>
  sections.map((section) => sectionMarkdown(section, words)).join('\n\n---\n\n');

function sectionMarkdown(section: HoverSection, words: HoverWords): string {
  const { file, norm, links, stale, breaches } = section;
  const layers = links.map(({ layer }) => layer);
  const shown = normOfLayers(layers, norm);
  const others = norms
    .filter((other) => other !== norm)
    .flatMap((other) => {
      const interval = normOfLayers(layers, other);
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
    ...(stale === undefined ? [] : [`$(history) ${words.stale[stale]}`]),
    ...breaches.slice(0, breachesShown).map((sentence) => `$(warning) ${plain(sentence)}`),
    ...spectrumLine(section, words),
    ...(shown === undefined ? [] : [whyLine(shown, words)]),
    [
      [...new Set(links.map(({ tier }) => words.tier[tier]))].join('; '),
      `[${words.open}](${section.openLink})`,
      `[${words.map}](${section.mapLink})`,
      `[${words.docs}](${section.docsLink})`,
    ].join(' · '),
  ].join('\n\n');
}

/** What the upper end rests on; or why there is none. */
function whyLine({ method, rigor, failure, upper, reason }: LayerNorm, words: HoverWords): string {
  const why = upper === null ? (reason ?? '') : `${methodWords(method)}; ${rigorMeaning(rigor, failure)}`;
  return words.why(plain(why.replace(/\.$/, '')));
}

function spectrumLine({ spectrum }: HoverSection, words: HoverWords): readonly string[] {
  if (spectrum === undefined) return [];
  const { histogram, count } = spectrum;
  const largest = digits(histogram.edges.at(-1) ?? 0, 'nearest');
  return [`${code(sparkline(histogram.counts, barsShown))} ${words.spectrum(count, largest)}`];
}

function heading(layers: readonly LayerEntry[], words: HoverWords): string {
  const names = layers.slice(0, namesShown).map(({ name }) => code(name));
  const rest = layers.length - names.length;
  const list = names.join(', ') + (rest > 0 ? ` ${words.more(rest)}` : '');
  return layers.length === 1 ? list : `${words.many(layers.length)}: ${list}`;
}

/** Names come from the file: nothing in them may become markup or a link. */
const code = (text: string): string => `\`${text.replace(/[`\r\n]/g, ' ')}\``;

/** A sentence in which the names of a file stand. */
const plain = (text: string): string => text.replace(/[\\`*_[\]()<>|$~#!]/g, '\\$&').replace(/[\r\n]+/g, ' ');
