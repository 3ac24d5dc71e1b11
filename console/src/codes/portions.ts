/** A large number of codes is made in portions, so that one sees how far it has come and a break loses little. */
const largest = 25_000;

export function portions(count: number): number[] {
  const whole = Math.floor(count / largest);
  const rest = count % largest;
  return [...Array<number>(whole).fill(largest), ...(rest === 0 ? [] : [rest])];
}
