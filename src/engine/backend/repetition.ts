/**
 * After how many items the end of a sequence repeats itself: the smallest period of its second half and what comes before
 * that, at most half of its length.
 *
 * @returns undefined when it does not
 */
export const periodOf = (items: ReadonlyArray<string>): number | undefined => {
  const length = items.length
  const at = (index: number) => items[length - 1 - index]
  const half = Math.ceil(length / 2)
  // The Z algorithm (Gusfield 1997, §1.4) on the sequence read backwards: how far it agrees with itself, shifted by i.
  const agrees = new Int32Array(length)
  let [from, to] = [0, 0]
  for (let shift = 1; shift <= length - half; shift++) {
    let same = shift < to ? Math.min(to - shift, agrees[shift - from]!) : 0
    while (shift + same < length && at(same) === at(shift + same)) same++
    agrees[shift] = same
    if (same >= half) return shift
    if (shift + same > to) [from, to] = [shift, shift + same]
  }
  return undefined
}
