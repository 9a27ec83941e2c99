"use strict";
(function () {
  // the link of the page follows its controls
  function ready(run) {
    if (window.Shiny && Shiny.addCustomMessageHandler) { run(); } else { setTimeout(function () { ready(run); }, 20); }
  }
  ready(function () {
    Shiny.addCustomMessageHandler("scgsfm-state", function (message) {
      history.replaceState(null, "", message.query ? "?" + message.query : location.pathname);
    });
    Shiny.addCustomMessageHandler("scgsfm-progress", function (message) {
      var line = document.getElementById("progress");
      line.textContent = message.text;
      line.hidden = !message.text;
    });
  });
  function send(area) {
    area.dispatchEvent(new Event("change", { bubbles: true }));
    setTimeout(function () { document.getElementById("show").click(); }, 30);
  }
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter") { return; }
    if (event.target.id === "query" && !event.shiftKey) {
      var oneLine = event.target.value.indexOf("\n") < 0;
      if (oneLine || event.ctrlKey || event.metaKey) { event.preventDefault(); send(event.target); }
    }
    if (event.target.id === "question") {
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
      setTimeout(function () { document.getElementById("ask_now").click(); }, 30);
    }
  });
  document.addEventListener("paste", function (event) {
    if (event.target.id === "query") { setTimeout(function () { send(event.target); }, 30); }
  });
  document.addEventListener("click", function (event) {
    var chosen = event.target.closest("[data-input]");
    // an event, so that the same choice counts again
    if (chosen) { Shiny.setInputValue(chosen.dataset.input, chosen.dataset.value, { priority: "event" }); }
    if (event.target.id === "copy" && navigator.clipboard) {
      navigator.clipboard.writeText(location.href).then(function () {
        event.target.textContent = "Copied";
        setTimeout(function () { event.target.textContent = "Copy link"; }, 1500);
      });
    }
  });
})();
