// The texts of a page whose colour is too near to what lies behind them.
(least) => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const background = channels(getComputedStyle(one).backgroundColor);
      if (background.length === 3 || background[3] === 1) return background;
    }
    return [255, 255, 255];
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.data.trim()).join('');
    if (!text || element.closest('.unseen, title') || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const colour = channels(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const ratio = contrast(colour, behind(element));
    if (ratio < least) found.push(`${ratio.toFixed(2)} ${element.className.baseVal ?? element.className}: ${text.slice(0, 60)}`);
  }
  return found;
}
