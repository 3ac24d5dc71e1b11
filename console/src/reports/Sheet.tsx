/** A report as a page in the page: it runs nothing and asks for nothing. */
export function Sheet({ name, html }: { name: string; html: string }) {
  return <iframe className="report-sheet" title={name} sandbox="" srcDoc={html} />;
}
