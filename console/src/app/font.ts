/** What the console is written in. Charts must name it too: they measure their texts before the page draws them. */
export const fontFamily =
  'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
