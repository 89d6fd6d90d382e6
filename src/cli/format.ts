/** Numbers and times as people say them. */

/** `0.4 ms`, `38 ms`, `2.1 s`, `48 s`, `3 m 20 s`, `2 h 05 m`, `3 d 4 h`. */
export const duration = (seconds: number): string => {
  if (seconds < 0.001) return `${(seconds * 1000).toFixed(1)} ms`
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `0:07`, `12:40`, `1:02:03`: a clock that does not change its width at each tick. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds))
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${pad(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`
}

const pad = (value: number) => String(value).padStart(2, "0")

/** Powers of 1000, as disks are sold: `512 B`, `1.4 MB`. */
export const bytes = (size: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"]
  let [value, unit] = [size, 0]
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`
}

/** `12 345`: digits in groups of three, with a space that does not break. */
export const grouped = (value: number): string =>
  value < 10_000 ? String(value) : String(value).replaceAll(/\B(?=(\d{3})+$)/g, "\u00A0")

/** `1 stage`, `3 stages`; `plural` is for words that do not just take an s. */
export const count = (value: number, singular: string, plural = `${singular}s`): string =>
  `${grouped(value)} ${value === 1 ? singular : plural}`

/** `just now`, `5 minutes ago`, `yesterday`-like distances up to a month, then the date. */
export const ago = (then: Date, now: Date): string => {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000)
  if (seconds < 10) return "just now"
  if (seconds < 60) return `${Math.floor(seconds)} seconds ago`
  if (seconds < 3600) return `${count(Math.floor(seconds / 60), "minute")} ago`
  if (seconds < 86_400) return `${count(Math.floor(seconds / 3600), "hour")} ago`
  if (seconds < 30 * 86_400) return `${count(Math.floor(seconds / 86_400), "day")} ago`
  return then.toISOString().slice(0, 10)
}

/** `a, b and c`; beyond `most`, `a, b and 7 others`. */
export const list = (items: ReadonlyArray<string>, most = items.length): string => {
  if (items.length <= 1) return items[0] ?? ""
  if (items.length > most && most > 0) {
    const left = items.length - most
    return `${items.slice(0, most).join(", ")} and ${left} ${left === 1 ? "other" : "others"}`
  }
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`
}
