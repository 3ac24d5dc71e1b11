/** The address of a tag. */
export function tagPath(id: string, below = ""): string {
  return `/tags/${encodeURIComponent(id)}${below}`;
}
