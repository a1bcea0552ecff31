package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// Picture is what a browser made of a chart.
type Picture struct {
	Error   string   // why there is none; empty where there is one
	Texts   []string // all that is written in it, in the order of the chart
	Outside []string // of those what lies wholly or partly outside of it
	Foreign []string // elements that no chart of text and bars has: images, scripts, links, HTML
	SVG     string
}

// drawWithin is how long the browser takes at most. It needs a second or two.
const drawWithin = 3 * time.Minute

// draw is what the page does: as GitHub's it is as wide as a column of text, and lets Mermaid obey nothing in a chart.
const draw = `
const pictures = [];
const all = (svg, what) => [...svg.querySelectorAll(what)];
mermaid.initialize({startOnLoad: false, theme: dark ? "dark" : "default"});
(async () => {
  for (const [i, chart] of charts.entries()) {
    const picture = {Error: "", Texts: [], Outside: [], Foreign: [], SVG: ""};
    pictures.push(picture);
    try {
      picture.SVG = (await mermaid.render("chart" + i, chart)).svg;
    } catch (error) {
      picture.Error = String(error);
      continue;
    }
    const holder = document.createElement("div");
    holder.innerHTML = picture.SVG;
    document.body.append(holder);
    const svg = holder.querySelector("svg"), frame = svg.getBoundingClientRect();
    for (const text of all(svg, "text.taskText, text.taskTextOutsideRight, text.taskTextOutsideLeft, text.sectionTitle")) {
      picture.Texts.push(text.textContent);
      const box = text.getBoundingClientRect();
      if (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom) picture.Outside.push(text.textContent);
    }
    picture.Foreign = all(svg, "img, image, script, a, foreignObject, iframe, object").map(e => e.outerHTML);
    holder.remove();
  }
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(pictures);
  document.body.append(result);
})();
`

// Draw has headless Chromium draw Mermaid's charts, as GitHub's pages do. Both must be there: nothing is skipped.
func Draw(t T, dark bool, charts ...string) []Picture {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatalf("looking for Mermaid: %v", err)
	}
	mermaid := filepath.Join(root, ".cache", "mermaid", "mermaid.min.js")
	if _, err = os.Stat(mermaid); err != nil {
		t.Fatalf("looking for Mermaid: %v; run `make pictures`", err)
	}
	dir := t.TempDir()
	data, err := json.Marshal(charts) // in which no tag begins or ends
	if err != nil {
		t.Fatalf("writing the charts: %v", err)
	}
	theme, _ := json.Marshal(dark) //nolint:errchkjson // of a bool
	page := `<!doctype html><meta charset="utf-8"><body style="width: 900px"><script src="file://` + html.EscapeString(mermaid) + `"></script>` +
		`<script>const dark = ` + string(theme) + `, charts = ` + string(data) + `;` + draw + `</script>`
	file := filepath.Join(dir, "page.html")
	if err = os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatalf("writing the page: %v", err)
	}
	dom := browse(t, file, filepath.Join(dir, "profile"))
	result := regexp.MustCompile(`(?s)<pre id="result">(.*?)</pre>`).FindSubmatch(dom)
	if result == nil {
		t.Fatalf("drawing: the page has no result:\n%.2000s", dom)
	}
	var pictures []Picture
	if err = json.Unmarshal([]byte(html.UnescapeString(string(result[1]))), &pictures); err != nil {
		t.Fatalf("reading what was drawn: %v", err)
	}
	return pictures
}

// browse returns what a page is when its scripts have run. The browser is not to look for anything on a network.
func browse(t T, file, profile string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drawWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, Tool(t, "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir="+profile,
		"--window-size=1000,2000", "--virtual-time-budget=30000", "--dump-dom", "file://"+file)
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, stopGrace
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("running chromium: %v\n%s", err, said.String())
	}
	return dom
}
