/** A part of a gallery that shows pictures, one item after another. */

export interface Shown {
  /** Below the title, as HTML: how to look at it. */
  readonly caption: string
  /** Beside the title, as HTML; seen where the page's script runs. */
  readonly controls?: string
  readonly body: string
  /** Class and style of the section. */
  readonly attributes?: string
}

export interface Section {
  readonly title: string
  /** What an item is called, such as `image`. */
  readonly noun: string
  /** Pixels that each item takes, before it is enlarged. */
  readonly pixels: ReadonlyArray<number>
  /** @param count how many items there is room for, from the first on; at least 1 */
  readonly show: (count: number) => Promise<Shown>
}
