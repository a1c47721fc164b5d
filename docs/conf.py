# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sphinx's configuration of the site; its names are Sphinx's."""

from __future__ import annotations

import zlib
from pathlib import Path

# Plugins of other collections that our pages refer to. Their places at docs.ansible.com follow from their names, so
# that no inventory has to be downloaded; a name that is missing here is a warning of Sphinx.
OTHER_PLUGINS = {
    "module": [
        "ansible.builtin.apt",
        "ansible.builtin.copy",
        "ansible.builtin.deb822_repository",
        "ansible.builtin.debug",
        "ansible.builtin.dpkg_selections",
        "ansible.builtin.set_stats",
        "ansible.builtin.setup",
        "ansible.builtin.systemd_service",
        "ansible.builtin.uri",
        "ansible.posix.synchronize",
        "community.docker.docker_container",
        "community.docker.docker_container_exec",
        "community.docker.docker_host_info",
        "community.docker.docker_image_export",
        "community.docker.docker_image_info",
        "community.docker.docker_image_load",
        "community.docker.docker_image_pull",
        "community.docker.docker_image_push",
        "community.docker.docker_network",
        "community.docker.docker_node",
        "community.docker.docker_node_info",
        "community.docker.docker_swarm",
        "community.docker.docker_swarm_info",
        "community.general.htpasswd",
    ],
    "callback": ["ansible.builtin.default"],
    "connection": ["ansible.builtin.ssh"],
}
# What pages of plugins refer to by themselves.
OTHER_PAGES = {
    "action_plugins": "plugins/action.html#action-plugins",
    "callback_plugins": "plugins/callback.html#callback-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
ENVIRONMENT = ["ANSIBLE_DISPLAY_SKIPPED_HOSTS", "ANSIBLE_SHOW_CUSTOM_STATS", "ANSIBLE_STDOUT_CALLBACK"]
OTHER_DOCS = "https://docs.ansible.com/projects/ansible/latest/"


def write_inventory(path: Path) -> None:
    """Write an inventory of Sphinx's version 2 with the labels of those plugins and pages."""
    lines = [f"{label} std:label -1 {place} {label}\n" for label, place in OTHER_PAGES.items()]
    lines += [f"{name} std:envvar -1 reference_appendices/config.html#envvar-{name} {name}\n" for name in ENVIRONMENT]
    for kind, names in OTHER_PLUGINS.items():
        for name in names:
            label = f"ansible_collections.{name}_{kind}"
            page = f"collections/{name.replace('.', '/')}_{kind}.html"
            anchor = label.replace(".", "-").replace("_", "-")
            lines.append(f"{label} std:label -1 {page}#{anchor} {name} {kind}\n")
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: latest\n# The rest is compressed by zlib.\n"
    path.write_bytes(head.encode() + zlib.compress("".join(lines).encode()))


project = "distrain.cluster"
author = "The distrain maintainers"
copyright = f"2026 {author}"
title = project
html_title = project
html_short_title = project

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
INVENTORY = Path(__file__).resolve().parent.parent / "artifacts" / "docs" / "ansible.inv"
write_inventory(INVENTORY)
intersphinx_mapping = {"ansible": (OTHER_DOCS, str(INVENTORY))}

default_role = "any"
nitpicky = True
highlight_language = "yaml+jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "index.html",
    "navigation_depth": 3,
    "show_extranav": False,
    "topbar_links": {
        "GitHub": "https://github.com/distrain/cluster",
        "Galaxy": "https://galaxy.ansible.com/ui/repo/published/distrain/cluster/",
        "Issues": "https://github.com/distrain/cluster/issues",
    },
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
