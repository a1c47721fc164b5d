# A shell and the C library of the host it was built on; it needs no registry and no network.
FROM scratch
COPY root/ /
RUN ["/bin/busybox", "mkdir", "-p", "/etc", "/usr/bin"]
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/usr/bin:/bin
STOPSIGNAL SIGKILL
CMD ["/bin/tail", "-f", "/dev/null"]
