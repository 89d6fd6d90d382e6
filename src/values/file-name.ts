/** Names of files that stages make for people: they are laid out in a folder, so they must not lead out of it. */

/** Windows refuses these too; `\` would be a separator there. */
const forbidden = /[<>:"|?*\\]/

/** What is wrong with a relative file name such as `grids/noisy.png`, as the end of a sentence; absent when it is fine. */
export const fileNameProblem = (name: string): string | undefined => {
  if (name === "") return "is empty"
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "is not relative"
  const segments = name.split("/")
  if (segments.includes("..")) return "leaves its folder with .."
  if (segments.some((segment) => segment === "" || segment === ".")) return "has an empty part"
  if (forbidden.test(name) || Array.from(name).some((character) => character < " ")) {
    return "has a character that not every system allows in file names"
  }
  if (segments.some((segment) => /[. ]$/.test(segment)))
    return "has a part that ends in a dot or space"
  if (segments.some((segment) => Buffer.byteLength(segment) > 200)) return "is too long"
  return undefined
}
