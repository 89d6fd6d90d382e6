/** What fits on a page. */

/**
 * How many items of each section are shown, from the first on: a first of each, then a second, and so on, while they fit. A
 * section ends with the first item that does not fit; one that gets none had no room at all. The very first item is always shown.
 *
 * @param sections pixels of each item of each section
 * @param most pixels on the page
 * @returns one number a section
 */
export const shareOut = (
  sections: ReadonlyArray<ReadonlyArray<number>>,
  most: number
): ReadonlyArray<number> => {
  const shown = sections.map(() => 0)
  let left = most
  let open = sections.map((_, section) => section)
  for (let item = 0; open.length > 0; item += 1) {
    open = open.filter((section) => {
      const pixels = sections[section]![item]
      if (pixels === undefined || (pixels > left && left < most)) return false
      left -= pixels
      shown[section] = item + 1
      return true
    })
  }
  return shown
}
