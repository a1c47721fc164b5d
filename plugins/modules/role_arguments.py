#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: role_arguments
short_description: Validate and convert the variables of a role
version_added: "1.0.0"
description:
  - The first task of each entry point of a role. It evaluates every variable that the C(meta/argument_specs.yml) of the
    role names, as it is on this host, converts it to the type given there, and returns them all. The role then uses the
    returned values alone.
  - Ansible itself validates the variables of a role, and leaves them as they are. One that is given as
    C(-e name=false) is still the string V(false), which is true in a condition, and wins over every fact of its name.
  - Numbers have to lie in the ranges of C(meta/argument_ranges.yml). It maps the name of a variable, or
    C(variable.suboption), to a dictionary with C(from), C(to) and, for one more value, C(or).
  - All problems of the role on this host are one error, which names each variable, what was found and what is expected.
  - A default that is computed from other variables of the role is computed from what those were converted to.
  - Strings of type C(path) stay as they are. Whether C(~) is a directory of the controller or of the host depends on
    the task that uses it.
  - A list may be given on a command line as words separated by commas, or as JSON. A string with spaces, a number or a
    boolean without quotes where a string is expected, and null are refused, because their intended meaning is unknown.
  - To be registered as the role's name with C(_arguments). A registered variable is no fact, so a cache of facts on
    disk does not get it.
  - Where the variable C(trainer) is set, the variables of the trainer's file are used in place of those of the
    inventory, of the play and of facts. Those of the task, of the role's use in a play and of the command line win over
    them. A name, such as V(xuanyuan), means the file that the collection has of this name, and after it the one in the
    directory C(trainers) beside the inventory, which only has to name what differs. A path, which has a slash in it or
    ends with C(.yml) or C(.yaml), means this file.
  - It runs on the controller, and never connects to the host.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
options:
  entry_point:
    description:
      - The entry point of C(meta/argument_specs.yml) whose options are taken in addition to those of C(main), which all
        entry points of the role share.
    type: str
    default: main
"""

EXAMPLES = r"""
- name: Validate and convert the arguments of the role
  distrain.cluster.role_arguments:
  register: swarm_arguments

- name: Use one of them, a boolean whatever it was written as
  ansible.builtin.debug:
    msg: Other swarms would be left.
  when: swarm_arguments.leave_foreign

- name: Build the image of another trainer than the default one
  ansible.builtin.include_role:
    name: distrain.cluster.image_build
  vars:
    trainer: xuanyuan
"""

RETURN = r"""
run:
  description: Identifies this run of the role. Hosts that take part in it together return the same.
  returned: success
  type: str
  sample: 5254000f-4f3c-2b1c-0e7d-00000000001c
NAME:
  description:
    - Each argument, by the name of its variable without the name of the role in front.
    - Nothing of them is shown where one of the options has C(no_log).
    - A suboption that was not given and has no default is left out.
  returned: success
  type: raw
  sample: false
"""
