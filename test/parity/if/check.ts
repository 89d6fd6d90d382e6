/** One comparison with the reference; `checks.ts` lists all. */
export interface Row {
  readonly what: string
  /** The largest error, in the unit of the tolerance. */
  readonly error: number
  readonly tolerance: number
}

export interface Check {
  readonly name: string
  /** A file below the folder without which the check cannot be made. */
  readonly needs: string
  /** @param folder of the layout of the fixtures */
  readonly rows: (folder: string) => ReadonlyArray<Row> | Promise<ReadonlyArray<Row>>
}

/** NaN is no success. */
export const isOk = ({ error, tolerance }: Row): boolean => error <= tolerance
