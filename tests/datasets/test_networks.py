from scgsfm.datasets import network, networks


def test_sources_and_licenses() -> None:
    table = networks()
    assert table.index.tolist() == ["progeny", "tf_targets", "collectri"]
    assert table["embedded"].tolist() == [True, True, False]
    assert table["signed"].tolist() == [True, False, True]
    for column in ("title", "source", "version", "licence", "url"):
        assert table[column].str.len().gt(0).all()


def test_counts_match_the_networks() -> None:
    for name, row in networks().query("embedded").iterrows():
        net = network(name)
        assert len(net) == row["n_edges"]
        assert net["source"].nunique() == row["n_sources"]


def test_changing_the_table_has_no_side_effect() -> None:
    table = networks()
    table.loc["progeny", "licence"] = "none"
    assert networks().loc["progeny", "licence"] == "Apache-2.0"
