/** Settings of networks are whole numbers from a least one on. */
import { UserError } from "../base/user-error.ts"

/** @throws UserError naming the first setting that is not a whole number, or too small */
export const leastWhole = <K extends string>(
  network: string,
  settings: Readonly<Record<NoInfer<K>, number>>,
  least: Readonly<Record<K, number>>
): void => {
  for (const name of Object.keys(least) as Array<K>) {
    if (Number.isInteger(settings[name]) && settings[name] >= least[name]) continue
    throw new UserError(`a ${network}'s ${name} is ${settings[name]}`, {
      hint: `Give a whole number of at least ${least[name]}.`
    })
  }
}
