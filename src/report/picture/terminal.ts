/** Which kind of picture the reader's terminal can show, from what it says of itself in the environment. */

export type PictureProtocol = "kitty" | "iterm2" | "blocks" | "none"

/**
 * Nothing is asked of the terminal itself: a reply would have to be awaited, and gets lost in pipes and multiplexers.
 *
 * @param interactive whether standard output is a terminal
 */
export const pictureProtocol = (env: NodeJS.ProcessEnv, interactive: boolean): PictureProtocol => {
  const asked = env["ABLATE_PICTURES"]
  if (asked === "kitty" || asked === "iterm2" || asked === "blocks" || asked === "none")
    return asked
  if (!interactive) return "none"
  const [term, program] = [env["TERM"] ?? "", env["TERM_PROGRAM"] ?? ""]
  // A multiplexer swallows both graphics protocols unless it was told to pass them on.
  const direct = env["TMUX"] === undefined && !/^(screen|tmux)/.test(term)
  if (direct) {
    if (env["KITTY_WINDOW_ID"] !== undefined || term === "xterm-kitty") return "kitty"
    if (program === "ghostty" || term === "xterm-ghostty") return "kitty"
    if (program === "iTerm.app" || program === "WezTerm" || env["LC_TERMINAL"] === "iTerm2")
      return "iterm2"
  }
  return hasTrueColor(env) ? "blocks" : "none"
}

/** Terminals that take 24-bit colours say so in `COLORTERM`. */
const hasTrueColor = (env: NodeJS.ProcessEnv): boolean =>
  env["COLORTERM"] === "truecolor" || env["COLORTERM"] === "24bit"
