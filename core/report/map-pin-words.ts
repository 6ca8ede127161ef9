import type { Norm } from '../bound.ts';
import { digits } from './digits.ts';
import type { MapPin } from './map-pin.ts';
import { normWord } from './words.ts';

/** Numbers of a vector that are read at a glance. */
const mostShown = 6;

/** A pinned point as names and values, for the terminal and the panel alike. */
export function pinFacts(pin: MapPin, norm: Norm): readonly (readonly [name: string, value: string])[] {
  const { outputs, decision, jacobian, slope, radius, witness } = pin;
  return [
    outputs.length === 1 ? ['Output', numbers(outputs)] : ['Outputs', `${numbers(outputs)}; largest is [${decision}]`],
    ...(jacobian === null ? [] : jacobian.slice(0, 4).map((row, i): readonly [string, string] => [jacobian.length === 1 ? 'Gradient' : `Gradient of [${i}]`, numbers(row)])), // prettier-ignore
    ...(slope === null ? [] : [[`${normWord[norm]} norm of the Jacobian`, digits(slope, 'nearest')] as const]),
    ...(['l2', 'linf'] as const).flatMap((of): (readonly [string, string])[] => {
      const found = radius[of];
      if (found === null) return [];
      return [[`Certified ${normWord[of]} radius`, `${digits(found.local, 'down')} ● (${digits(found.global, 'down')} ● by the constant of the whole space)`]]; // prettier-ignore
    }),
    ...(witness === null ? [] : [['Witness pair', `${numbers(witness.from)} → ${numbers(witness.to)}, quotient ${digits(witness.quotient, 'nearest')} ◐`] as const]), // prettier-ignore
  ];
}

const numbers = (vector: readonly number[]): string =>
  `(${vector.slice(0, mostShown).map((value) => digits(value, 'nearest')).join(', ')}${vector.length > mostShown ? ', …' : ''})`; // prettier-ignore
