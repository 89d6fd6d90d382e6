/** Why a file or a folder cannot be read, in words for its user: the end of "… cannot be read: ". */
export const unreadableReason = (cause: unknown): string => {
  switch ((cause as { readonly code?: string } | undefined)?.code) {
    case "EACCES":
    case "EPERM":
      return "you have no permission to read it"
    case "ENOTDIR":
      return "it is a file, not a folder"
    default:
      return cause instanceof Error ? cause.message : String(cause)
  }
}
